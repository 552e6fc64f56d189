import { Children } from 'react'
import type { ReactNode } from 'react'
import classes from './Dotted.module.css'

/** Short facts with dots between them, never one at the end or the start of a line. */
export function Dotted({ className, children }: { className?: string | undefined; children: ReactNode }) {
  return (
    <div className={[classes.around, className].filter(Boolean).join(' ')}>
      <div className={classes.line}>{Children.toArray(children).map((one, index) => <span key={index}>{one}</span>)}</div>
    </div>
  )
}
