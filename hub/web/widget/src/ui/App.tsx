/** The launcher and the panel. */

import { Component, createRef, Fragment, h } from 'preact'
import type { Chat } from '../chat'
import type { Format } from '../format'
import { Composer } from './Composer'
import { BellIcon, ChatIcon, CloseIcon, DownIcon, MuteIcon } from './icons'
import { Messages } from './Messages'
import { Tool } from './Tool'

interface Props {
  chat: Chat
  format: Format
}

export class App extends Component<Props, { files: File[]; dropping: boolean }> {
  override state = { files: [], dropping: false }
  #launcher = createRef<HTMLButtonElement>()

  #shut = (): void => {
    this.props.chat.open(false)
    this.#launcher.current!.focus()
  }

  #setFiles = (files: File[]): void => this.setState({ files })

  /** Files for the next message, those that the chat takes. */
  #add = (given: Iterable<File>): void => {
    const { chat, format } = this.props
    const most = chat.about.max_file_bytes
    const all = [...given]
    const fit = all.filter(file => file.size && file.size <= most)
    chat.problem = fit.length < all.length ? `${format.words.too_large} ${format.size(most)}` : ''
    this.setState({ files: [...this.state.files, ...fit].slice(0, 10) })
    chat.changed()
  }

  #drag = (event: DragEvent): void => {
    event.preventDefault()
    this.setState({ dropping: event.type === 'dragover' })
    const files = event.dataTransfer?.files
    if (event.type === 'drop' && files?.length) this.#add(files)
  }

  override render() {
    const { chat, format } = this.props
    const { words } = format
    const { opened, unread } = chat
    const name = words.title
    const badge = unread ? format.number(unread) : ''
    return (
      <>
        <section id="panel" class={`panel ${this.state.dropping ? 'dropping' : ''}`} role="dialog"
          aria-label={name} hidden={!opened} onKeyDown={event => event.key === 'Escape' && this.#shut()}
          onDragOver={this.#drag} onDragLeave={this.#drag} onDrop={this.#drag}>
          <header>
            <span class="face" aria-hidden="true">{[...name][0]}</span>
            <div class="titles">
              <h2><bdi>{name}</bdi></h2>
              <p>{chat.code ? <>{words.code} <bdi>{chat.code}</bdi></> : words.expect}</p>
            </div>
            <Tool label={words.sound} aria-pressed={chat.sound} onClick={() => chat.setSound(!chat.sound)}>
              {chat.sound ? <BellIcon /> : <MuteIcon />}
            </Tool>
            <Tool class="shut" label={words.close} onClick={this.#shut}><CloseIcon /></Tool>
          </header>
          <Messages chat={chat} format={format} />
          <div class="notice" role="status">
            {chat.problem || (chat.online === false ? words.lost : chat.queue && format.wait(chat.queue))}
          </div>
          <Composer chat={chat} format={format} files={this.state.files} setFiles={this.#setFiles} add={this.#add} />
        </section>
        <button class="launcher" ref={this.#launcher} aria-expanded={opened} aria-controls="panel"
          aria-label={words.chat + (badge && `, ${badge} ${words.unread}`)}
          onClick={() => chat.open(!opened)}>
          {opened ? <DownIcon /> : <ChatIcon />}
          {!opened && badge && <b class="badge" aria-hidden="true">{badge}</b>}
        </button>
      </>
    )
  }
}
