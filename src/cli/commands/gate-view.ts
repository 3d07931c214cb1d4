import type { OperationOutput } from '../../operations/index.ts'
import { fields, parts, table, text, type Outcome, type View } from '../outcome.ts'
import { count } from '../phrases.ts'

export type Gate = OperationOutput<'permissioned.status'>
type NodeList = Gate['lists']['permissioned']
type ListChange = OperationOutput<'permissioned.add'>
type Standing = Gate['peers'][number]

/** The gate for people: on or off, its lists, what was skipped, whose lists differ. */
export function gateView(gate: Gate): View {
  const { permissioned, disallowed, static: kept } = gate.lists
  const lists = [permissioned, disallowed, kept]
  return parts(
    fields({
      Permissioned: gate.permissioned
        ? `on, by ${gate.by === 'flag' ? 'the flag --permissioned' : 'the setting'}`
        : 'off',
      'Governing team': gate.governing === null ? undefined : governingLine(gate.governing),
      Permitted: listLine(permissioned),
      Disallowed: listLine(disallowed),
      Static: listLine(kept),
    }),
    skippedView(lists),
    differingView(gate),
  )
}

function governingLine({ team, name, state, listed, removed }: NonNullable<Gate['governing']>): string {
  const who = name === '' ? team : `${name} (${team})`
  return `${who}, ${state}: ${count(listed, 'peer')} listed, ${String(removed)} removed`
}

/** Who is on the effective list and who is kept out, and by which list each. */
export function standingsView(gate: Gate): View {
  const rows = gate.peers.map((one) => [
    one.peer,
    stateWord(one),
    one.admittedBy.join(' '),
    one.barredBy.join(' '),
    one.teamAddresses.join(' '),
  ])
  const broken = [gate.lists.permissioned, gate.lists.disallowed].filter(({ state }) => state === 'unreadable')
  return parts(
    ...broken.map((list) => text(listLine(list))),
    table(['PEER', 'STATE', 'ADMITTED BY', 'BARRED BY', 'TEAM SAYS AT'], rows, {
      empty: broken.length > 0 ? '' : 'nobody',
      wide: ['TEAM SAYS AT'],
    }),
    skippedView([gate.lists.permissioned]),
  )
}

/** What the lists come to for one peer. */
export function stateWord({ listed, barredBy }: Pick<Standing, 'listed' | 'barredBy'>): string {
  if (barredBy.length > 0) return 'barred'
  return listed ? 'listed' : 'not listed'
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
    ...(change.team === null ? [] : [`By ${count(change.commands.length, 'command')} of ${change.team}.`]),
  ]
  return { result: change, view: text(lines.join('\n')), names: change.changed, notices: change.notices }
}

export function cutLines(cut: ListChange['cut']): string[] {
  return cut.peers.map((peer) => `Cut ${peer} after ${String(cut.ms)} ms.`)
}
