module.exports = {
  plugins: {
    'postcss-preset-mantine': {},
    'postcss-simple-vars': {
      variables: { phone: '48em', tablet: '75em' },
    },
  },
}
