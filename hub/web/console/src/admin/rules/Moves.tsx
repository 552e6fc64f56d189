import { UnstyledButton } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import type { DryRun } from '../../api/routingTypes'
import { useTitleByName } from '../../context/useTitleByName'
import { useI18n } from '../../i18n'
import classes from './Lab.module.css'

export const moveKey = (from: string | null, to: string | null): string => `${from ?? ''}>${to ?? ''}`

interface Props {
  moves: DryRun['moves']
  chosen: string | null
  onChoose: (move: string | null) => void
}

/** From which queue to which, and how many; choosing one shows only its contacts. */
export function Moves({ moves, chosen, onChoose }: Props) {
  const { w, f } = useI18n()
  const d = w.rulesLab.dryRun
  const titleOf = useTitleByName()
  const title = (name: string | null): string => (name === null ? d.nowhere : titleOf(name))
  return (
    <div>
      <h3 className={classes.title}>{d.moves}</h3>
      <ul className={classes.moves}>
        {moves.map(({ from, to, count }) => {
          const key = moveKey(from, to)
          return (
            <li key={key}>
              <UnstyledButton className={classes.move} aria-pressed={chosen === key} onClick={() => onChoose(chosen === key ? null : key)} data-testid={`move-${key}`}>
                <bdi>{title(from)}</bdi><IconArrowRight size={14} stroke={1.7} className="turns" aria-hidden /><bdi>{title(to)}</bdi>
                <span className={classes.count}>{f.number(count)}</span>
              </UnstyledButton>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
