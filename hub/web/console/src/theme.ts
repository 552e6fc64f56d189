import type { MantineColorsTuple } from '@mantine/core'
import { createTheme } from '@mantine/core'

/* The same numbers stand in styles/tokens.css: Mantine's own style element is not used (CSP). */
const teal: MantineColorsTuple = [
  '#effcf9', '#d3f5ec', '#a7e9db', '#70d6c4', '#3dbcaa', '#1fa090', '#0d8577', '#0f766e', '#115e59', '#134e4a',
]

export const FONT = "'Inter Variable', 'Vazirmatn Variable', system-ui, sans-serif"

export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: { light: 7, dark: 6 },
  colors: { teal },
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: '600' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, fz: 12, transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 120 }, withinPortal: true } },
    Modal: { defaultProps: { lockScroll: false, overlayProps: { backgroundOpacity: 0.28 }, transitionProps: { duration: 140, transition: 'pop' }, centered: true } },
    Drawer: { defaultProps: { lockScroll: false, overlayProps: { backgroundOpacity: 0.28 }, transitionProps: { duration: 160 } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Button: { defaultProps: { size: 'sm' } },
    Popover: { defaultProps: { shadow: 'md', transitionProps: { duration: 120 } } },
  },
})
