/** Where the visitor writes: text, files by button, paste and drop, emoji. */

import { Component, createRef, h } from 'preact'
import type { Chat } from '../chat'
import type { Format } from '../format'
import type { Field } from '../types'
import { Tool } from './Tool'
import { ClipIcon, CloseIcon, SendIcon, SmileIcon } from './icons'

const EMOJI = [...'😀😂😊😍🤔😅😢😡👍👎🙏👏🎉❤🔥👋']
const MODES: Partial<Record<Field, 'email' | 'tel'>> = { email: 'email', phone: 'tel' }
const MAIL = /^\S+@\S+\.\S+$/

interface Props {
  chat: Chat
  format: Format
  files: File[]
  setFiles: (files: File[]) => void
  add: (files: Iterable<File>) => void
}

export class Composer extends Component<Props, { text: string; picking: boolean }> {
  override state = { text: '', picking: false }
  #area = createRef<HTMLTextAreaElement>()
  #picker = createRef<HTMLInputElement>()
  #shown = false

  override componentDidUpdate(): void {
    const area = this.#area.current!
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
    const { opened } = this.props.chat
    if (opened && !this.#shown && matchMedia('(pointer: fine)').matches) area.focus()
    this.#shown = opened
  }

  #send = (event: Event): void => {
    event.preventDefault()
    const { chat, format, files, setFiles } = this.props
    const said = this.state.text.trim()
    const ask = chat.asking
    chat.problem = ''
    if (ask?.field === 'email' && said && !MAIL.test(said)) {
      chat.problem = format.words.bad_email
      return chat.changed()
    }
    if (ask && said) chat.answer(said)
    else if (said || files.length) {
      chat.say(said, files)
      setFiles([])
    } else return
    this.setState({ text: '', picking: false })
    this.#area.current!.focus()
  }

  #key = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#send(event)
  }

  #put(emoji: string): void {
    const area = this.#area.current!
    area.setRangeText(emoji, area.selectionStart, area.selectionEnd, 'end')
    this.setState({ text: area.value })
    area.focus()
  }

  #paste = (event: ClipboardEvent): void => {
    const pasted = event.clipboardData?.files
    if (!pasted?.length) return
    event.preventDefault()
    this.props.add(pasted)
  }

  override render() {
    const { chat, format: { words }, files, setFiles, add } = this.props
    const { text, picking } = this.state
    const ask = chat.asking
    return (
      <form class="composer" onSubmit={this.#send}>
        {picking && (
          <div class="emoji" role="group" aria-label={words.emoji}>
            {EMOJI.map(emoji => <button type="button" onClick={() => this.#put(emoji)}>{emoji}</button>)}
          </div>
        )}
        <ul class="chips" hidden={!files.length}>
          {files.map(file => (
            <li>
              <bdi>{file.name}</bdi>
              <button type="button" aria-label={`${words.remove} ${file.name}`}
                onClick={() => setFiles(files.filter(other => other !== file))}>
                <CloseIcon />
              </button>
            </li>
          ))}
        </ul>
        <div class="field">
          <textarea ref={this.#area} rows={1} dir={text ? 'auto' : undefined} value={text} maxLength={chat.about.max_text}
            inputMode={ask && MODES[ask.field]} enterkeyhint="send"
            placeholder={words.placeholder} aria-label={words.placeholder} onKeyDown={this.#key}
            onPaste={this.#paste} onInput={event => {
              this.setState({ text: event.currentTarget.value })
              if (!ask) chat.typed()
            }} />
          {chat.about.max_file_bytes > 0 && !ask && (
            <Tool label={words.attach} onClick={() => this.#picker.current!.click()}><ClipIcon /></Tool>
          )}
          <Tool label={words.emoji} aria-expanded={picking} onClick={() => this.setState({ picking: !picking })}>
            <SmileIcon />
          </Tool>
          <button class="send" aria-label={words.send} disabled={!text.trim() && !files.length}>
            <SendIcon />
          </button>
        </div>
        <input ref={this.#picker} type="file" multiple hidden onChange={event => {
          add(event.currentTarget.files ?? [])
          event.currentTarget.value = ''
        }} />
      </form>
    )
  }
}
