import { Button } from '@mantine/core'
import { Component } from 'react'
import type { ReactNode } from 'react'
import { useI18n } from '../i18n'
import { Empty } from './Empty'

function Failed() {
  const { w } = useI18n()
  return (
    <div role="alert">
      <Empty title={w.errors.screen} />
      <Button mx="auto" display="block" variant="default" onClick={() => location.reload()}>{w.errors.reload}</Button>
    </div>
  )
}

/** One failing part of the screen never takes the others with it. `reset` changes -> try again. */
export class Boundary extends Component<{ reset: unknown; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override componentDidUpdate(before: { reset: unknown }): void {
    if (this.state.failed && before.reset !== this.props.reset) this.setState({ failed: false })
  }

  override render(): ReactNode {
    return this.state.failed ? <Failed /> : this.props.children
  }
}
