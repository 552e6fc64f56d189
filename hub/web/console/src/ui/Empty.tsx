import type { ReactNode } from 'react'
import classes from './Empty.module.css'

/** An empty place says what will appear there and how to get it. */
export function Empty({ title, help, icon }: { title: string; help?: string; icon?: ReactNode }) {
  return (
    <div className={classes.empty}>
      {icon && <div className={classes.icon} aria-hidden>{icon}</div>}
      <div className={classes.title}>{title}</div>
      {help && <div className={classes.help}>{help}</div>}
    </div>
  )
}
