import type { OperationOutput } from '../../operations/index.ts'
import { fields, parts, table, text, type Outcome, type View } from '../outcome.ts'

export type Gate = OperationOutput<'permissioned.status'>
type NodeList = Gate['lists']['permissioned']
type ListChange = OperationOutput<'permissioned.add'>

/** The gate for people: on or off, its lists, what was skipped, whose lists differ. */
export function gateView(gate: Gate): View {
  const { permissioned, disallowed, static: kept } = gate.lists
  const lists = [permissioned, disallowed, kept]
  return parts(
    fields({
      Permissioned: gate.permissioned
        ? `on, by ${gate.by === 'flag' ? 'the flag --permissioned' : 'the setting'}`
        : 'off',
      Permitted: listLine(permissioned),
      Disallowed: listLine(disallowed),
      Static: listLine(kept),
    }),
    skippedView(lists),
    differingView(gate),
  )
}

function listLine(list: NodeList): string {
  if (list.state === 'unreadable') return `UNREADABLE: ${list.why ?? 'no reason given'} (${list.file})`
  if (list.state === 'missing') return `no file (${list.file})`
  return `${String(list.peers.length)} (${list.file})`
}

function skippedView(lists: readonly NodeList[]): View {
  const rows = lists.flatMap((list) => list.skipped.map((entry) => [list.file, entry.index, entry.text, entry.why]))
  return table(['SKIPPED IN', 'ENTRY', 'TEXT', 'WHY'], rows)
}

function differingView(gate: Gate): View {
  const rows = gate.differing.map((one) => [one.peer, one.name, one.list])
  return table(['PEER WITH ANOTHER LIST', 'NAME', 'LIST'], rows)
}

/** A list as a table of its entries, with what could not be read below. */
export function listView(list: NodeList): View {
  const state = list.state === 'unreadable' ? listLine(list) : undefined
  return parts(
    ...(state === undefined ? [] : [text(state)]),
    table(
      ['ENTRY'],
      list.entries.map((entry) => [entry]),
      { empty: list.state === 'unreadable' ? '' : 'nobody' },
    ),
    skippedView([list]),
  )
}

/** What adding or removing did; who was cut goes to stdout too, it is part of the answer. */
export function changeOutcome(change: ListChange, did: string, already: string): Outcome {
  const lines = [
    ...change.changed.map((entry) => `${did} ${entry}`),
    ...change.unchanged.map((entry) => `${already} ${entry}`),
    ...cutLines(change.cut),
  ]
  return { result: change, view: text(lines.join('\n')), names: change.changed, notices: change.notices }
}

export function cutLines(cut: ListChange['cut']): string[] {
  return cut.peers.map((peer) => `Cut ${peer} after ${String(cut.ms)} ms.`)
}
