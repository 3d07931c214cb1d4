/**
 * The notation of `scenarios.txt`: a line of text to a scenario, and nothing of what it means to the law. `builder.ts`
 * makes the commands of a scenario, `facts.ts` asks what was found about what must be found.
 */

/** A device of the base, added by O with that role. */
export interface Cast {
  readonly name: string
  readonly role: string
}

/** One command of a scenario, as written. */
export interface Step {
  /** `B adds U as operator`, without marks and parentheses: what an expectation names it by. */
  readonly text: string
  readonly author: string
  readonly verb: Verb
  /** What the verb speaks of: `device`, `role`, `label` … */
  readonly words: Readonly<Record<string, string | undefined>>
  /** What stands in parentheses. */
  readonly unusual: readonly string[]
  /** `#1`, where it has one. */
  readonly mark?: string
}

/** What is done one after the other by those who see each other. */
export interface Side {
  /** Marks of the commands it starts from; without any it starts from the base. */
  readonly after: readonly string[]
  readonly steps: readonly Step[]
}

/** What must become of one command, or of all of a side. */
export interface ExpectedVerdict {
  /** A command's mark or text, or `side 2`. */
  readonly of: string
  readonly verdict: 'effective' | 'void' | 'recalled' | 'refused'
  /** Without `ERR_TEAM_`. */
  readonly code?: string
}

export interface Scenario {
  /** `T01`; a letter behind it where one row of the catalogue needs several lines. */
  readonly id: string
  readonly line: string
  readonly cast: readonly Cast[]
  readonly setup: readonly Step[]
  readonly sides: readonly Side[]
  readonly verdicts: readonly ExpectedVerdict[]
  /** Everything else after `=>`, each as written. */
  readonly facts: readonly string[]
}

/** A row of the catalogue that no line proves: it belongs to a later part, or a test in code proves it. */
export interface Elsewhere {
  readonly id: string
  readonly where: 'later' | 'by code'
  readonly why: string
}

const word = '[A-Za-z0-9._-]+'

/** What a device may do, most special first. Names of groups are what `builder.ts` reads. */
const verbs = {
  addKey: /^adds key (?<number>\d)$/,
  addNode: /^adds node (?<node>W)(?: of (?<device>W))?$/,
  addPermission: /^adds permission (?<permission>W) to (?<role>W)$/,
  add: /^adds (?<device>W)(?: as (?<role>W))?$/,
  removeNode: /^removes node (?<node>W)$/,
  removePermission: /^removes permission (?<permission>W) from (?<role>W)$/,
  remove: /^removes (?<device>W)$/,
  leave: /^leaves$/,
  confirm: /^confirms (?<device>W)$/,
  revokeRole: /^revokes the role of (?<device>W)$/,
  revokeLabel: /^revokes label (?<label>W) from (?<device>W)$/,
  revokeInvite: /^revokes invite (?<invite>W)$/,
  revokeClaim: /^revokes claim (?<claim>W)$/,
  make: /^makes (?<device>W) (?<role>W)$/,
  createRole: /^creates role (?<role>W) (?<rank>\d+)(?: with (?<permissions>W(?:,W)*))?$/,
  createLabel: /^creates label (?<label>W)$/,
  createInvite: /^creates invite (?<invite>W)(?: for (?<role>W))?$/,
  deleteRole: /^deletes role (?<role>W)$/,
  deleteLabel: /^deletes label (?<label>W)$/,
  assignLabel: /^assigns label (?<label>W) to (?<device>W)(?: (?<op>send|recv|send-recv))?$/,
  name: /^names (?<device>W) (?<name>W)$/,
  unname: /^unnames (?<device>W) (?<name>W)$/,
  admit: /^admits (?<device>W) by (?<invite>W)$/,
  rotate: /^rotates epoch (?<epoch>W)$/,
  retireKey: /^retires key (?<number>\d) of (?<device>W) as (?<reason>rotated|compromised)$/,
  rotateSwarmKey: /^rotates swarm key (?<swarmKey>W) under (?<epoch>W)$/,
  retireSwarmKey: /^retires swarm key (?<swarmKey>W)$/,
  trust: /^trusts operator (?<operator>W)$/,
  distrust: /^distrusts operator (?<operator>W)$/,
  close: /^closes$/,
  act: /^acts$/,
  /** No new command: one that stands in the graph is broadcast once more. */
  again: /^again (?<mark>#\w+)$/,
} as const
export type Verb = keyof typeof verbs

const patterns = Object.entries(verbs).map(
  ([verb, pattern]) => [verb as Verb, new RegExp(pattern.source.replaceAll('W', word))] as const,
)

/** Reads the whole file. A line that is not in the notation is an error with its number. */
export function readScenarios(text: string): { scenarios: Scenario[]; elsewhere: Elsewhere[] } {
  const scenarios: Scenario[] = []
  const elsewhere: Elsewhere[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    try {
      const other = /^([TR]\d\d[a-z]?)\s+(later|by code)[,:] (.+)$/.exec(line)
      if (other !== null) elsewhere.push({ id: other[1] ?? '', where: other[2] as 'later', why: other[3] ?? '' })
      else scenarios.push(readScenario(line))
    } catch (error) {
      throw new Error(`line ${String(i + 1)}: ${(error as Error).message}`, { cause: error })
    }
  }
  return { scenarios, elsewhere }
}

/** Reads one line: `T01  [base]  side | side  =>  fact; fact`. */
export function readScenario(line: string): Scenario {
  const parts = /^([TR]\d\d[a-z]?)\s+\[(.*?)\]\s+(.*?)\s+=>\s+(.*)$/.exec(line)
  if (parts === null) throw new Error(`not a scenario: ${line}`)
  const [, id = '', base = '', sides = '', found = ''] = parts
  const [cast = '', ...setup] = base.split(' > ')
  const verdicts: ExpectedVerdict[] = []
  const facts: string[] = []
  for (const fact of found.split('; ').map((one) => one.trim())) {
    const verdict = readVerdict(fact)
    if (verdict === undefined) facts.push(fact)
    else verdicts.push(verdict)
  }
  return {
    id,
    line,
    cast: cast.split(', ').filter(Boolean).map(readCast),
    setup: setup.map(readStep),
    sides: sides.split(' | ').map(readSide),
    verdicts,
    facts,
  }
}

function readCast(text: string): Cast {
  const parts = new RegExp(`^(${word}) (${word})$`).exec(text.trim())
  if (parts === null) throw new Error(`not a device and its role: ${text}`)
  return { name: parts[1] ?? '', role: parts[2] ?? '' }
}

function readVerdict(fact: string): ExpectedVerdict | undefined {
  const parts = /^(.+): (?:(void|effective)|(recalled|refused) ([A-Z_]+))$/.exec(fact)
  if (parts === null) return undefined
  const [, of = '', plain, coded, code] = parts
  return { of, verdict: (plain ?? coded) as ExpectedVerdict['verdict'], ...(code === undefined ? {} : { code }) }
}

function readSide(text: string): Side {
  const [first = '', ...rest] = text.split(' > ')
  const after = /^after ((?:#\w+ ?)+)$/.exec(first.trim())
  if (after === null) return { after: [], steps: [first, ...rest].map(readStep) }
  return { after: (after[1] ?? '').trim().split(' '), steps: rest.map(readStep) }
}

/** Reads one command: `B adds U as operator #1 (gen 0)`. */
export function readStep(text: string): Step {
  const unusual = [...text.matchAll(/\(([^)]*)\)/g)].map((found) => found[1] ?? '')
  const plain = text.replaceAll(/ ?\([^)]*\)/g, '').trim()
  const [, said = plain, mark] = /^(?!again)(.*) (#\w+)$/.exec(plain) ?? []
  const isAgain = said.startsWith('again ')
  const space = said.indexOf(' ')
  const [author, rest] = isAgain ? ['', said] : [said.slice(0, space), said.slice(space + 1)]
  for (const [verb, pattern] of patterns) {
    const found = pattern.exec(rest)
    if (found === null) continue
    const words = { ...found.groups }
    if (words['device'] === 'itself') words['device'] = author
    return { text: said, author, verb, words, unusual, ...(mark === undefined ? {} : { mark }) }
  }
  throw new Error(`no such command: ${text}`)
}

/** What stands in parentheses and fits: its first group. */
export function unusual(step: Step, pattern: RegExp): string | undefined {
  return step.unusual.map((what) => pattern.exec(what)?.[1]).find((found) => found !== undefined)
}
