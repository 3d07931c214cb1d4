import { describe, expect, it } from 'vitest'
import { compareBytes, toHex } from '../../src/codec/index.ts'
import { HyraxError } from '../../src/base/index.ts'
import { judgeSet } from '../../src/team/command-set.ts'
import { accept } from '../../src/team/ingest.ts'
import {
  parseCommand,
  readAct,
  signCommand,
  stateHash,
  type Act,
  type Command,
  type Envelope,
} from '../../src/team/index.ts'
import { Chance } from '../sim/chance.ts'
import { build } from './builder.ts'
import { readScenario } from './notation.ts'

const wanted = process.env['HYRAX_FULL'] !== '1' ? 20_000 : 1_000_000

/** Three sides that meet again, so that there are branches, merges, and heads to be wrong about. */
const line =
  'T00  [A manager, B operator, U user]  O creates label x > O creates label y #1 | A creates label a > U acts #2 | B adds V #3 | after #1 #2 > O creates label z #4 | after #4 #3 > A creates label b  =>  open'
const good = build(readScenario(line)).commands.map(({ bytes }) => parseCommand(bytes) as Command)
const elsewhere = build(readScenario(line), { seed: 'elsewhere' }).commands.map(
  ({ bytes }) => parseCommand(bytes) as Command,
)

const noSignature = new Uint8Array(64)
/** `accept` is told so: signatures are not what is wrong here. */
const sound = { weak: false, claimHolds: true }

/** A command that nothing is wrong with: O creates another label at a point of the graph. */
function draftAt(point: Command, n: number): Envelope {
  const past = pastOf([point])
  const own = past.filter(({ authorHex }) => authorHex === root.authorHex)
  return {
    team: root.id,
    parents: [point.id],
    author: root.author,
    key: root.key,
    generation: 0,
    sequence: own.reduce((most, { sequence }) => Math.max(most, sequence), -1) + 1,
    depth: point.depth + 1,
    time: 0,
    kind: 'CreateLabel',
    body: { label: `l${String(n)}` },
  }
}

const [root] = good as [Command, ...Command[]]

function pastOf(points: readonly Command[]): Command[] {
  const past = new Set(points.map(({ idHex }) => idHex))
  for (const command of good.toReversed())
    if (past.has(command.idHex)) for (const parent of command.parentHexes) past.add(parent)
  return good.filter(({ idHex }) => past.has(idHex))
}

type Corruption = (draft: Envelope, point: Command, chance: Chance) => Partial<Envelope>

const sorted = (ids: readonly Uint8Array[]): Uint8Array[] => [...ids].sort(compareBytes)

/** One way to be wrong each; the codes that say so. */
const corruptions: Readonly<Record<string, { readonly change: Corruption; readonly codes: readonly string[] }>> = {
  'a parent nobody has': {
    change: ({ parents }, _, chance) => ({ parents: sorted([...parents, chance.bytes(32)]) }),
    codes: ['BAD_PARENT'],
  },
  'no parent that anybody has': { change: (_, __, chance) => ({ parents: [chance.bytes(32)] }), codes: ['BAD_PARENT'] },
  'a parent of another team': {
    change: ({ parents }, _, chance) => ({ parents: sorted([...parents, chance.pick(elsewhere).id]) }),
    codes: ['BAD_PARENT'],
  },
  'a parent that is an ancestor of another': {
    change: ({ parents }, point, chance) => {
      const before = pastOf([point]).filter(({ idHex }) => idHex !== point.idHex)
      return { parents: sorted([...parents, (before.length === 0 ? point : chance.pick(before)).id]) }
    },
    codes: ['BAD_PARENT', 'BAD_ENCODING'],
  },
  'the same parent twice': {
    change: ({ parents }) => ({ parents: [...parents, ...parents] }),
    codes: ['BAD_ENCODING'],
  },
  'no parents': { change: () => ({ parents: [] }), codes: ['BAD_PARENT'] },
  'seventeen parents': {
    change: (_, __, chance) => ({ parents: sorted(Array.from({ length: 17 }, () => chance.bytes(32))) }),
    codes: ['BAD_ENCODING'],
  },
  'a wrong depth': {
    change: ({ depth }, _, chance) => ({
      depth: Math.max(0, depth + (chance.is(0.5) ? 1 : -1) * (1 + chance.below(9))),
    }),
    codes: ['BAD_DEPTH'],
  },
  'a wrong number': {
    change: ({ sequence }, _, chance) => ({ sequence: sequence + 1 + chance.below(9) }),
    codes: ['BAD_SEQUENCE'],
  },
  'a number that was used': {
    change: ({ sequence }, _, chance) => ({ sequence: chance.below(sequence) }),
    codes: ['BAD_SEQUENCE'],
  },
}

describe('illegal graphs', { timeout: wanted * 3 + 60_000 }, () => {
  it(`of ${String(wanted)} commands with a wrong place none is applied`, () => {
    const { graph, evaluation } = judgeSet(good.map(({ bytes }) => bytes))
    const before = toHex(stateHash(evaluation.current()))
    const chance = new Chance(63)
    const seen = new Map<string, Set<string>>()
    for (let n = 0; n < wanted; n++) {
      const point = chance.pick(good)
      const draft = draftAt(point, n)
      const [name, { change }] = chance.pick(Object.entries(corruptions))
      const code = codeOf({ graph, evaluation }, { ...draft, ...change(draft, point, chance) })
      seen.set(name, (seen.get(name) ?? new Set()).add(code))
    }
    expect(graph.nodes).toHaveLength(good.length)
    expect(toHex(stateHash(evaluation.current()))).toBe(before)
    expect([...seen.keys()].sort()).toEqual(Object.keys(corruptions).sort())
    for (const [name, { codes }] of Object.entries(corruptions))
      expect([name, [...(seen.get(name) ?? [])].filter((code) => !codes.includes(code))]).toEqual([name, []])
  })

  it('and the same command in its right place is taken, so that it was the place', () => {
    for (const point of good) expect(codeOf(judgeSet(good.map(({ bytes }) => bytes)), draftAt(point, 0))).toBe('ok')
  })

  it('a command that names itself, or one that names it, has no place: ids cannot be made so, but indexes could', () => {
    const { graph, evaluation } = judgeSet(good.map(({ bytes }) => bytes))
    const command = signCommand(draftAt(good.at(-1) as Command, 1), () => noSignature)
    const act = readAct(command) as Act
    const other = { ...command, id: new Uint8Array(32).fill(9), idHex: '09'.repeat(32) }
    const self = { ...command, parents: [command.id], parentHexes: [command.idHex] }
    const first = { ...command, parents: [other.id], parentHexes: [other.idHex] }
    const second = { ...other, parents: [command.id], parentHexes: [command.idHex] }
    for (const circle of [self, first, second])
      expect(accept({ graph, evaluation }, circle, act, sound)).toMatchObject({ code: 'ERR_TEAM_BAD_PARENT' })
    expect(graph.nodes).toHaveLength(good.length)
  })
})

function codeOf(core: Parameters<typeof accept>[0], envelope: Envelope): string {
  try {
    const command = signCommand(envelope, () => noSignature)
    const taken = accept(core, command, readAct(command) as Act, sound)
    return 'code' in taken ? taken.code.replace('ERR_TEAM_', '') : 'ok'
  } catch (error) {
    if (error instanceof HyraxError) return error.code.replace('ERR_TEAM_', '')
    throw error
  }
}
