import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { api } from '../../api/calls'
import { useI18n } from '../../i18n'
import classes from './Templates.module.css'

/** The HTML as its reader sees it: made harmless by the hub, in a frame that can do nothing. */
export function Preview({ html }: { html: string }) {
  const { w } = useI18n()
  const [wanted] = useDebouncedValue(html, 400)
  const [shown, setShown] = useState('')
  useEffect(() => {
    let current = true
    api.lookAtHtml(wanted).then((found) => current && setShown(found.html), () => undefined)
    return () => {
      current = false
    }
  }, [wanted])
  return (
    <div>
      <div className={classes.title}>{w.templates.preview}</div>
      <iframe className={classes.preview} sandbox="" srcDoc={shown} title={w.templates.preview} />
    </div>
  )
}
