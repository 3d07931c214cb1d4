import type { OperationOutput } from '../../operations/index.ts'

/** One command as `teams.log` gives it. */
export type LoggedCommand = OperationOutput<'teams.log'>['commands'][number]

/** What stands in the place of a command. */
const marks: Readonly<Record<string, string>> = { effective: '*', recalled: 'o', void: 'x' }

/**
 * The graph as text, newest first, as `git log --graph` draws it: a column for each line of commands, `\` where a command
 * has another parent, `/` where lines began at one command. Commands come parents first.
 */
export function graphText(commands: readonly LoggedCommand[]): string {
  const lanes: string[] = []
  const lines: string[] = []
  const known = new Set(commands.map(({ command }) => command))
  for (const entry of [...commands].reverse()) {
    let at = lanes.indexOf(entry.command)
    if (at < 0) at = lanes.push(entry.command) - 1
    for (let other = lanes.lastIndexOf(entry.command); other > at; other = lanes.lastIndexOf(entry.command)) {
      lines.push(joined(lanes.length, lanes.lastIndexOf(entry.command, other - 1), other))
      lanes.splice(other, 1)
    }
    const bars = lanes.map((_, lane) => (lane === at ? (marks[entry.verdict] ?? '?') : '|')).join(' ')
    lines.push(`${bars} ${said(entry)}`)
    // A parent above the first that was asked for is not drawn.
    const [first, ...others] = entry.parents.filter((parent) => known.has(parent))
    if (first === undefined) {
      if (at < lanes.length - 1) lines.push(ended(lanes.length, at))
      lanes.splice(at, 1)
      continue
    }
    lanes[at] = first
    for (const parent of others) {
      lines.push(parted(lanes.length, at))
      lanes.splice(at + 1, 0, parent)
    }
  }
  return lines.map((line) => line.trimEnd()).join('\n')
}

/** The line under which lane `other` has gone into lane `at`; the lanes right of it move up. */
function joined(lanes: number, at: number, other: number): string {
  return Array.from({ length: lanes }, (_, lane) => {
    if (lane >= other) return lane === other ? '/' : ' /'
    return lane === 0 ? '|' : lane > at ? '_|' : ' |'
  }).join('')
}

/** The line under which a lane begins right of `at`. */
function parted(lanes: number, at: number): string {
  return Array.from({ length: lanes }, (_, lane) => (lane < at ? '| ' : lane === at ? '|\\' : ' \\')).join('')
}

/** The line under which lane `at` has ended. */
function ended(lanes: number, at: number): string {
  return Array.from({ length: lanes }, (_, lane) => (lane < at ? '| ' : lane === at ? ' ' : '/ ')).join('')
}

function said(entry: LoggedCommand): string {
  const author = entry.authorName === '' ? entry.author : entry.authorName
  const verdict = entry.verdict === 'effective' ? '' : ` [${entry.verdict}: ${entry.code ?? ''}]`
  return `${shortId(entry.command)} ${author}: ${entry.summary}${verdict}`.replaceAll('\n', ' ')
}

/** As much of an id as tells commands apart for the eye; the whole ones stand in `ax teams log`. */
function shortId(command: string): string {
  return command.slice(0, 'cmd_b'.length + 8)
}

/** The graph for Graphviz: a command points at its parents; dashed is void, dotted is recalled. */
export function graphDot(team: string, commands: readonly LoggedCommand[]): string {
  const lines = [`digraph ${quoted(team)} {`, '  rankdir=BT;', '  node [shape=box, fontname="monospace"];']
  for (const entry of commands) {
    const author = entry.authorName === '' ? entry.author : entry.authorName
    const label = `${shortId(entry.command)}\n${author}\n${entry.summary}`
    const style = entry.verdict === 'void' ? ', style=dashed' : entry.verdict === 'recalled' ? ', style=dotted' : ''
    lines.push(`  ${quoted(entry.command)} [label=${quoted(label)}${style}];`)
  }
  for (const { command, parents } of commands)
    for (const parent of parents) lines.push(`  ${quoted(command)} -> ${quoted(parent)};`)
  return [...lines, '}'].join('\n')
}

/** A string of Graphviz: backslashes would begin its own escapes, and quotes end it. */
function quoted(text: string): string {
  const safe = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `"${safe}"`
}
