import type { ReactNode } from 'react'
import classes from './Empty.module.css'

interface Props {
  title: string
  help?: string
  icon?: ReactNode
  children?: ReactNode
}

/** An empty place says what will appear there and how to get it. */
export function Empty({ title, help, icon, children }: Props) {
  return (
    <div className={classes.empty}>
      {icon && <div className={classes.icon} aria-hidden>{icon}</div>}
      <div className={classes.title}>{title}</div>
      {help && <div className={classes.help}>{help}</div>}
      {children}
    </div>
  )
}
