import { parseId } from '../../src/codec/index.ts'
import { author as sign, decode, type Draft } from '../../src/team/index.ts'
import { bodyOf, type Writing } from './bodies.ts'
import { readStep, unusual, type ExpectedVerdict, type Scenario, type Step } from './notation.ts'
import { bytesOf, deviceOf, firstRing, freshEncryptionKey, Sight, signingKey, type Ring, type Seen } from './sight.ts'
import { signedOrForged } from './tamper.ts'

/** A command of a scenario, signed. */
export interface Built extends Seen {
  readonly step: Step
  /** 0: the base; 1, 2 …: the sides, from the left. */
  readonly side: number
  readonly bytes: Uint8Array
  /** `cmd_b…`. */
  readonly name: string
  readonly expected: Pick<ExpectedVerdict, 'verdict' | 'code'>
}

export interface BuiltScenario {
  readonly scenario: Scenario
  readonly team: string
  /** In the order of the text, parents first. */
  readonly commands: readonly Built[]
  /** Sent once more after everything. */
  readonly again: readonly Uint8Array[]
}

export interface BuildOptions {
  /** Another seed gives another team id, and so other ids of everything. Default: `law`. */
  readonly seed?: string
  /** At most so many of what a line says is done many times. */
  readonly timesMax?: number
  /** The clock of an author when it writes the n-th command, ms. */
  readonly clock?: (author: string, n: number) => number
}

/** The role that the catalogue calls `manager`; created by O at the start of every scenario. */
const manager =
  'O creates role manager 800 with device.add,device.admit,device.remove,role.assign,role.revoke,label.define,label.assign,name.assign,key.rotate'

export const managerStep = readStep(manager)

/** Signs all commands of a scenario: base first, then each side on what it knows. */
export function build(scenario: Scenario, options: BuildOptions = {}): BuiltScenario {
  return new Builder(scenario, options).build()
}

/** A point in the graph: all that somebody there knows. */
type Point = readonly Built[]

class Builder {
  readonly #scenario: Scenario
  readonly #seed: string
  readonly #timesMax: number
  readonly #clock: (author: string, n: number) => number
  readonly #commands: Built[] = []
  readonly #again: Uint8Array[] = []
  readonly #points = new Map<string, Point>()

  constructor(scenario: Scenario, { seed, clock, timesMax }: BuildOptions) {
    this.#scenario = scenario
    this.#seed = seed ?? 'law'
    this.#clock = clock ?? ((_, n) => 1_700_000_000_000 + n * 1000)
    this.#timesMax = timesMax ?? Infinity
  }

  build(): BuiltScenario {
    const { cast, setup, sides } = this.#scenario
    const first = this.#found()
    const added = cast.map(({ name, role }) => readStep(`O adds ${name} as ${role}`))
    const base = this.#walk([first], [managerStep, ...added, ...setup], 0)
    for (const [i, { after, steps }] of sides.entries()) {
      const start = after.length === 0 ? base : [...new Set(after.flatMap((mark) => this.#pointOf(mark)))]
      this.#walk(start, steps, i + 1)
    }
    return { scenario: this.#scenario, team: decode(first.bytes).team, commands: this.#commands, again: this.#again }
  }

  #found(): Built {
    const { bundle } = deviceOf('O')
    const body = { nonce: bytesOf(this.#seed), name: 'herd', policy: 1, bundle, commonName: 'O' }
    return this.#keep(readStep('O adds O as owner'), 0, 'CreateTeam', body, [])
  }

  /** Writes the steps one after the other; what comes back is known at the end. */
  #walk(start: Point, steps: readonly Step[], side: number): Point {
    let known = start
    for (const step of steps) {
      const times = step.unusual.map((what) => /^(\d+) times$/.exec(what)?.[1]).find(Boolean)
      for (let n = 1; n <= Math.min(Number(times ?? 1), this.#timesMax); n++)
        known = this.#write(known, times === undefined ? step : numbered(step, n), side)
    }
    return known
  }

  #write(known: Point, step: Step, side: number): Point {
    if (step.verb === 'again') {
      this.#again.push(this.#marked(step.words['mark'] ?? '').bytes)
      return known
    }
    const sight = new Sight(known)
    const ring = ringOf(step, sight, this.#commands.length)
    const writing: Writing = { step, sight, ring, team: this.#commands[0]?.id ?? new Uint8Array(32) }
    const { kind, body } = bodyOf(writing)
    const built = this.#keep(step, side, kind, body, known, ring)
    // Nobody builds on what is refused.
    const now = built.expected.verdict === 'refused' ? known : [...known, built]
    if (step.mark !== undefined) this.#points.set(step.mark, now)
    return now
  }

  #keep(step: Step, side: number, kind: string, body: object, known: Point, ring = firstRing('O')): Built {
    const { author, verb, words } = step
    const sight = new Sight(known)
    const draft: Draft = {
      known: known.map(({ bytes }) => bytes),
      kind,
      body,
      time: this.#clock(author, this.#commands.length),
      generation: sight.generation(author),
      ...(known.length === 0 ? {} : { parents: headsOf(known) }),
    }
    const number = unusual(step, /^key (\d)$/)
    const { signing } = sight.ring(author)
    const key = number === undefined ? signing.at(-1) : signingKey(author, Number(number))
    const signer = { ...deviceOf(author), signing: key === undefined ? [] : [key] }
    const bytes = signedOrForged(step, signer, draft, { sign, idOf: (mark) => this.#marked(mark).id })
    const { id: name } = decode(bytes)
    const expected = expectationOf(this.#scenario, step, side)
    const built = { verb, author, words, ring, step, side, bytes, name, id: parseId('cmd', name), expected }
    this.#commands.push(built)
    return built
  }

  #marked(mark: string): Built {
    const found = this.#commands.find(({ step }) => step.mark === mark)
    if (found === undefined) throw new Error(`nothing is called ${mark}`)
    return found
  }

  #pointOf(mark: string): Point {
    const point = this.#points.get(mark)
    if (point === undefined) throw new Error(`nothing is called ${mark}`)
    return point
  }
}

/** The keys that a command makes known: of a device that is added, or the author's with one more. */
function ringOf(step: Step, sight: Sight, n: number): Ring | undefined {
  const { author, verb, words } = step
  const held = sight.ring(author)
  const sequence = held.sequence + 1
  switch (verb) {
    case 'add':
    case 'admit':
      return firstRing(words['device'] ?? '', Number(unusual(step, /^bundle (\d)$/) ?? 1))
    case 'addKey':
      // A bundle holds four keys of a kind; those it leaves out stay what they are.
      return { ...held, sequence, signing: [...held.signing, signingKey(author, Number(words['number']))].slice(-4) }
    case 'act':
      // A key command; its new key makes it unlike every other.
      return { ...held, sequence, encryption: [...held.encryption, freshEncryptionKey(author, n)] }
    default:
      return undefined
  }
}

/** The n-th of many alike: `label x` becomes `label x7`. */
function numbered(step: Step, n: number): Step {
  const words = Object.fromEntries(
    Object.entries(step.words).map(([name, word]) => [name, `${word ?? ''}${String(n)}`]),
  )
  return { ...step, words }
}

function headsOf(known: Point): Uint8Array[] {
  const named = new Set(known.flatMap(({ bytes }) => decode(bytes).parents))
  return known.filter(({ name }) => !named.has(name)).map(({ id }) => id)
}

/** What the line expects of a command: by its mark, its text, or its side; effective where the line says nothing. */
export function expectationOf({ verdicts }: Scenario, step: Step, side: number): Built['expected'] {
  for (const name of [step.mark, step.text, `side ${String(side)}`]) {
    const found = verdicts.find(({ of }) => of === name)
    if (found !== undefined) return found
  }
  return { verdict: 'effective' }
}
