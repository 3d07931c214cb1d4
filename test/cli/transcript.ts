/**
 * A transcript is what a person types and sees, as a file that runs. Lines:
 *
 *   # …                    a comment
 *   node NAME [options]    starts an axd on free loopback ports, in a data directory of its own
 *   stop NAME              stops it
 *   $ command              runs in bash without a terminal; stdout follows, then `2> …` lines of stderr, then `[status]`
 *   tty$ command           the same under a terminal; what a person types stands between « and », `«!x»` is not echoed
 *
 * A line of output that is empty, or begins with a mark of this list, stands behind `| `.
 *
 * `…` stands for any characters of a line, a line of it alone for any lines. `{x}` is replaced by what is known as x
 * (`{north}` its admin address, `{north.peer}`, `{north.swarm}`, `{north.dir}`, `{north.port}`); `{?x}` takes a word
 * and remembers it as x.
 */
export type Step =
  | { readonly kind: 'node'; readonly line: number; readonly name: string; readonly options: string }
  | { readonly kind: 'stop'; readonly line: number; readonly name: string }
  | CommandStep

export interface CommandStep {
  readonly kind: 'command'
  readonly line: number
  readonly tty: boolean
  readonly command: string
  readonly output: readonly string[]
  readonly errors: readonly string[]
  readonly status: number
}

export function parseTranscript(text: string): Step[] {
  const steps: Step[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const at = index + 1
    const start = /^(tty)?\$ (.*)$/.exec(line)
    const last = steps.at(-1)
    if (start !== null) {
      const command = start[2] ?? ''
      steps.push({ kind: 'command', line: at, tty: start[1] !== undefined, command, output: [], errors: [], status: 0 })
    } else if (/^(#|$)/.test(line)) {
      continue
    } else if (line.startsWith('node ')) {
      const [, name = '', ...options] = line.split(' ')
      steps.push({ kind: 'node', line: at, name, options: options.join(' ') })
    } else if (line.startsWith('stop ')) {
      steps.push({ kind: 'stop', line: at, name: line.slice(5) })
    } else if (last?.kind === 'command') {
      steps[steps.length - 1] = withLine(last, line)
    } else {
      throw new Error(`line ${String(at)} belongs to no command: ${line}`)
    }
  }
  return steps
}

function withLine(step: CommandStep, line: string): CommandStep {
  const status = /^\[(\d+)\]$/.exec(line)?.[1]
  if (status !== undefined) return { ...step, status: Number(status) }
  if (line.startsWith('|')) return { ...step, output: [...step.output, line.slice(2)] }
  if (line.startsWith('2> ')) return { ...step, errors: [...step.errors, line.slice(3)] }
  return { ...step, output: [...step.output, line] }
}

/** What a person types, in order. */
export function typedIn(output: readonly string[]): string[] {
  return output.flatMap((line) => [...line.matchAll(/«!?([^»]*)»/g)].map((match) => match[1] ?? ''))
}

/** A pattern line as it appears: what is typed is echoed, but for secrets. */
export function echoed(line: string): string {
  return line.replace(/«![^»]*»/g, '').replace(/«([^»]*)»/g, '$1')
}

/** Replaces `{x}` by what is known; an unknown one is left as it stands. */
export function fillIn(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\{([a-z][\w.]*)\}/gi, (whole, name: string) => known.get(name) ?? whole)
}

/** The first difference, or nothing; words behind `{?x}` are remembered in `known`. */
export function difference(
  expected: readonly string[],
  found: readonly string[],
  known: Map<string, string>,
): string | undefined {
  let at = 0
  for (const [index, line] of expected.entries()) {
    if (line === '…') {
      const next = expected[index + 1]
      if (next === undefined) return undefined
      while (at < found.length && !matches(next, found[at] ?? '', known)) at++
      continue
    }
    const seen = found[at]
    if (seen === undefined || !matches(line, seen, known)) {
      return `expected: ${fillIn(line, known)}\nfound:    ${seen ?? '(end of output)'}\nall of it:\n${found.join('\n')}`
    }
    at++
  }
  return at < found.length ? `more than expected:\n${found.slice(at).join('\n')}` : undefined
}

function matches(pattern: string, line: string, known: Map<string, string>): boolean {
  const names: string[] = []
  const source = fillIn(pattern, known)
    .split(/(…|\{\?\w+\})/)
    .map((part) => {
      if (part === '…') return '.*'
      const name = /^\{\?(\w+)\}$/.exec(part)?.[1]
      if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      names.push(name)
      return '([^\\s"\']+)'
    })
  const match = new RegExp(`^${source.join('')}$`, 'u').exec(line)
  for (const [index, name] of names.entries()) {
    if (match?.[index + 1] !== undefined) known.set(name, match[index + 1] ?? '')
  }
  return match !== null
}
