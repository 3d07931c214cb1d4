import type { Outcome, View } from './outcome.ts'
import type { Settled } from './global-options.ts'
import { safeJson, safeText } from './safe-text.ts'
import { tableText } from './table-text.ts'
import type { Terminal } from './terminal.ts'

/** Prints what a command gave: data to stdout, notices to stderr (`CLI.md` 9). */
export async function printOutcome(outcome: Outcome, settled: Settled, terminal: Terminal): Promise<void> {
  if (outcome.items === undefined) {
    await printOne(outcome, settled, terminal)
  } else {
    for await (const item of outcome.items) await printOne(item, asLine(settled), terminal)
  }
}

/** A stream has no one object: `json` is then one envelope a line. */
function asLine(settled: Settled): Settled {
  return settled.output === 'json' ? { ...settled, output: 'jsonl' } : settled
}

async function printOne(outcome: Outcome, settled: Settled, terminal: Terminal): Promise<void> {
  const printed = await format(outcome, settled, terminal)
  if (printed !== '') terminal.writeOut(printed.endsWith('\n') ? printed : `${printed}\n`)
  if (settled.quiet) return
  for (const notice of outcome.notices ?? []) terminal.writeError(`${safeText(notice)}\n`)
}

async function format(outcome: Outcome, settled: Settled, terminal: Terminal): Promise<string> {
  switch (settled.output) {
    case 'json':
    case 'jsonl':
      return safeJson({ code: 'OK', result: outcome.result })
    case 'yaml':
      return safeText(await yamlText(outcome.result))
    case 'name':
      return (outcome.names ?? []).map(safeText).join('\n')
    case 'table':
    case 'wide':
      return viewText(outcome.view, settled, terminal.columns)
  }
}

async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(value, { sortMapEntries: true, indentSeq: false, lineWidth: 0 })
}

function viewText(view: View, settled: Settled, columns: number | undefined): string {
  switch (view.kind) {
    case 'text':
      return safeText(view.text)
    case 'fields':
      return fieldsText(view.fields)
    case 'table':
      return shownTable(view, settled, columns)
    case 'section':
      return `${view.title}\n${indented(viewText(view.view, settled, columns))}`
    case 'parts':
      return view.parts
        .map((part) => viewText(part, settled, columns).replace(/\n$/, ''))
        .filter((part) => part !== '')
        .join('\n\n')
  }
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

function fieldsText(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...fields.map(([label]) => label.length))
  const indent = `\n${' '.repeat(width + 3)}`
  return fields
    .map(([label, value]) => `${`${label}:`.padEnd(width + 1)}  ${safeText(value).replaceAll('\n', indent)}`)
    .join('\n')
}

function shownTable(view: View & { kind: 'table' }, settled: Settled, columns: number | undefined): string {
  if (view.rows.length === 0) return view.empty ?? ''
  const hidden = settled.output === 'wide' ? [] : (view.wide ?? [])
  const kept = view.head.flatMap((head, index) => (hidden.includes(head) ? [] : [index]))
  const pick = (row: readonly string[]) => kept.map((index) => printedCell(row[index] ?? ''))
  const rows = view.rows.map(pick)
  return tableText(settled.headers ? [pick(view.head), ...rows] : rows, columns)
}

/** A cell is one line, whatever stands in it. */
function printedCell(text: string): string {
  return safeText(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}
