import { UnstyledButton } from '@mantine/core'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { can } from '../store/select'
import { useHub } from '../store/store'
import classes from './Address.module.css'
import { writeTo } from './starting'

/** An address that one can click to write to it; plain where nothing can be sent there. */
export function Address({ uri, name, label }: { uri: string; name?: string; label?: string }) {
  const { w } = useI18n()
  const works = useHub((state) => can(state.me, 'work'))
  const shown = label ?? showAddress(uri)
  if (!works || !/^(mailto|tel):/.test(uri)) return <bdi className="address"><Breakable text={shown} /></bdi>
  return (
    <UnstyledButton className={classes.address} title={w.start.write(shown)} aria-label={w.start.write(shown)} onClick={() => writeTo(name ? { uri, name } : { uri })} data-testid="write-to">
      <bdi className="address"><Breakable text={shown} /></bdi>
    </UnstyledButton>
  )
}

/** Long mail addresses break at the @ before they break anywhere. */
export function Breakable({ text }: { text: string }) {
  const at = text.indexOf('@')
  return at < 0 ? text : <>{text.slice(0, at)}<wbr />{text.slice(at)}</>
}

const ADDRESS = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}|\+\d[\d ()-]{7,17}\d/gu

/** Words of a message, with the addresses in them to be clicked. */
export function WithAddresses({ text }: { text: string }) {
  const found = [...text.matchAll(ADDRESS)]
  if (found.length === 0) return text
  const parts: React.ReactNode[] = []
  let at = 0
  for (const match of found) {
    parts.push(text.slice(at, match.index))
    const uri = match[0].includes('@') ? `mailto:${match[0]}` : `tel:${match[0].replace(/[^\d+]/g, '')}`
    parts.push(<Address key={match.index} uri={uri} label={match[0]} />)
    at = match.index + match[0].length
  }
  return <>{parts}{text.slice(at)}</>
}
