/** CodeMirror as the rules need it; loaded with the page that shows it, and never before. */
import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language'
import type { Diagnostic } from '@codemirror/lint'
import { lintGutter, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view'
import { tags as t } from '@lezer/highlight'
import type { RuleSchema } from '../../api/routingTypes'
import { optionsAt } from './options'
import { placeAt } from './place'
import type { Problem } from './problems'
import { rangeOf } from './problems'

const colours = HighlightStyle.define([
  { tag: [t.propertyName, t.definition(t.propertyName)], color: 'var(--hub-accent)' },
  { tag: [t.string, t.special(t.string)], color: 'var(--hub-text)' },
  { tag: [t.number, t.bool, t.null, t.keyword], color: 'var(--hub-warn)' },
  { tag: [t.comment, t.lineComment], color: 'var(--hub-dim)', fontStyle: 'italic' },
  { tag: [t.punctuation, t.separator, t.squareBracket, t.brace], color: 'var(--hub-dim)' },
])

const TYPES = { key: 'property', field: 'variable', operator: 'keyword', value: 'constant' } as const

export interface EditorOptions {
  parent: HTMLElement
  text: string
  label: string
  readOnly: boolean
  language: string
  phrases: Record<string, string>
  number: (value: number) => string
  schema: () => RuleSchema | null
  onChange: (text: string) => void
}

/** An editor in `parent`, and the few things that change it afterwards. */
export interface YamlEditor {
  /** Put another text in, as one step that can be undone. */
  put: (text: string) => void
  mark: (problems: readonly Problem[]) => void
  lock: (readOnly: boolean) => void
  goTo: (line: number) => void
  destroy: () => void
}

function complete({ schema, language }: EditorOptions) {
  return (context: CompletionContext): CompletionResult | null => {
    const known = schema()
    if (!known) return null
    const place = placeAt(context.state.doc.toString(), context.pos)
    if (!context.explicit && place.from === context.pos && place.key === null) return null
    const options = optionsAt(place, known, language)
    const word = context.state.sliceDoc(place.from, context.pos)
    if (options.length === 0 || (!context.explicit && options.some((option) => option.label === word))) return null
    return {
      from: place.from, validFor: /^[\p{L}\p{N}_.-]*$/u,
      options: options.map(({ label, detail, kind }) => ({
        label, type: TYPES[kind], apply: kind === 'key' || kind === 'operator' ? `${label}: ` : label, ...(detail ? { detail } : {}),
      })),
    }
  }
}

const locked = (readOnly: boolean) => [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)]

export function openEditor(options: EditorOptions): YamlEditor {
  const lock = new Compartment()
  let quiet = false
  const state = EditorState.create({
    doc: options.text,
    extensions: [
      lineNumbers({ formatNumber: (line) => options.number(line) }), highlightActiveLineGutter(), highlightActiveLine(), drawSelection(), history(),
      yaml(), syntaxHighlighting(colours), indentUnit.of('  '), bracketMatching(), closeBrackets(), lintGutter(), highlightSelectionMatches(), search({ top: true }),
      autocompletion({ override: [complete(options)], icons: false, activateOnTypingDelay: 60, interactionDelay: 0 }),
      keymap.of([{ key: 'Tab', run: acceptCompletion }, ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
      lock.of(locked(options.readOnly)),
      EditorState.phrases.of(options.phrases),
      EditorView.contentAttributes.of({ 'aria-label': options.label, 'data-testid': 'rules-editor', dir: 'ltr', spellcheck: 'false' }),
      EditorView.updateListener.of((update) => update.docChanged && !quiet && options.onChange(update.state.doc.toString())),
    ],
  })
  const view = new EditorView({ state, parent: options.parent })
  return {
    put: (text) => {
      if (text === view.state.doc.toString()) return
      quiet = true
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
      quiet = false
    },
    mark: (problems) => view.dispatch(setDiagnostics(view.state, problems.flatMap((problem) => diagnostic(view, problem)))),
    lock: (readOnly) => view.dispatch({ effects: lock.reconfigure(locked(readOnly)) }),
    goTo: (line) => {
      const at = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines))
      view.dispatch({ selection: { anchor: at.from + (/\S/.exec(at.text)?.index ?? 0) }, effects: EditorView.scrollIntoView(at.from, { y: 'center' }) })
      view.focus()
    },
    destroy: () => view.destroy(),
  }
}

function diagnostic(view: EditorView, problem: Problem): Diagnostic[] {
  if (problem.line === null || problem.line > view.state.doc.lines) return []
  const line = view.state.doc.line(problem.line)
  const { from, to } = rangeOf(problem, line.text)
  return [{ from: line.from + from, to: line.from + to, severity: 'error', message: problem.reason }]
}
