import classes from './Kbd.module.css'

/** A key cap; always left to right, as on the keyboard. */
export function Kbd({ keys }: { keys: string[] }) {
  return (
    <span className={classes.keys} dir="ltr" aria-hidden>
      {keys.map((key) => (
        <kbd key={key} className={classes.key}>{key}</kbd>
      ))}
    </span>
  )
}
