import { IconUser } from '@tabler/icons-react'
import { hue, initials } from '../lib/address'
import classes from './Face.module.css'

interface Props {
  name: string
  size?: number
}

/** A person's round picture: initials on a quiet colour that stays theirs. */
export function Face({ name, size = 32 }: Props) {
  const style = { '--face-hue': hue(name), '--face-size': `${size}px` } as React.CSSProperties
  return <span className={classes.face} style={style} aria-hidden>{initials(name) || <IconUser size={Math.round(size * 0.55)} stroke={1.6} />}</span>
}
