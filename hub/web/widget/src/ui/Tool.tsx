/** A small button with an icon and a name. */

import { h, type ComponentChildren } from 'preact'

interface Props {
  label: string
  onClick: () => void
  class?: string
  'aria-expanded'?: boolean
  'aria-pressed'?: boolean
  children: ComponentChildren
}

export const Tool = ({ label, children, ...rest }: Props) => (
  <button type="button" {...rest} class={`tool ${rest.class ?? ''}`} aria-label={label} title={label}>
    {children}
  </button>
)
