import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/codec/index.ts'
import { judgeSet } from '../../src/team/command-set.ts'
import { Reference } from '../../src/team/reference.ts'
import { Chance } from '../sim/chance.ts'
import { Arrivals } from './arrivals.ts'
import { build } from './builder.ts'
import { readScenario } from './notation.ts'
import { parseCommand, stateHash, type Command } from '../../src/team/index.ts'

/** How many orders of arrival; the page asks for 10,000. */
const orders = process.env['HYRAX_FULL'] !== '1' ? 25 : 10_000

/** Who acts on a side of its own, as what; and whom they act on. */
const authors = { O: 'owner', O2: 'owner', A: 'manager', A2: 'manager', B: 'operator', C: 'operator', D: 'admin' }
const targets = ['U', 'V', 'W', 'X', 'Y', 'Z']

/**
 * Seven sides of 27 commands, each by one author who acts on whoever is left in its own view: removals, additions, role
 * changes, labels, names and invites that meet each other when the sides do.
 */
function randomLine(seed: number): string {
  const chance = new Chance(seed)
  const cast = Object.entries(authors).slice(1).map(([name, role]) => `${name} ${role}`) // prettier-ignore
  const base = [...cast, ...targets.map((name) => `${name} user`)].join(', ')
  const sides = Object.entries(authors).map(([author, role]) => sideOf(author, role, chance).join(' > '))
  return `T64  [${base} > O creates role r 500]  ${sides.join(' | ')}  =>  open`
}

function sideOf(author: string, role: string, chance: Chance): string[] {
  const held = new Map<string, string>(targets.map((name) => [name, 'user']))
  return Array.from({ length: 27 }, (_, n) => `${author} ${wordsOf({ role, held, chance, n })}`)
}

/** Something that the law allows this role in its own view. */
function wordsOf(at: { role: string; held: Map<string, string>; chance: Chance; n: number }): string {
  const { role, held, chance, n } = at
  const name = chance.pick(targets)
  const has = held.get(name)
  const draw = chance.unit()
  const given = chance.pick(['operator', 'user', 'r'].filter((one) => one !== has))
  if (has !== undefined && role !== 'operator' && draw < 0.4) {
    held.set(name, given)
    return `makes ${name} ${given}`
  }
  if (role === 'admin') return `creates label l${String(n)}`
  if (has === undefined) {
    held.set(name, 'user')
    return `adds ${name}`
  }
  // To an operator another is an equal.
  if (draw < 0.6 && (role !== 'operator' || has !== 'operator')) {
    held.delete(name)
    return `removes ${name}`
  }
  if (draw < 0.8 && has !== 'operator') return `names ${name} host${String(n)}`
  return role === 'operator' ? `creates invite ${name}${String(n)}` : `creates label l${String(n)}`
}

function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  return items.map((item) => ({ item, at: chance.unit() })).sort((a, b) => a.at - b.at).map(({ item }) => item) // prettier-ignore
}

describe('T64: one graph of 200 commands', { timeout: orders * 4_000 + 120_000 }, () => {
  it(`has one state in ${String(orders)} random orders, with duplicates, and it is that of the reference`, () => {
    const { commands } = build(readScenario(randomLine(64)))
    const { graph } = judgeSet(commands.map(({ bytes }) => bytes))
    expect(graph.nodes).toHaveLength(commands.length)
    expect(commands.length).toBeGreaterThanOrEqual(200)
    const slow = new Reference()
    for (const node of graph.nodes) expect(slow.take(node)).toBeUndefined()
    const { state, standings } = slow.resolve()
    const verdicts = new Set([...standings.values()].map((one) => (one === 'effective' ? one : one.verdict)))
    expect(verdicts).toEqual(new Set(['effective', 'void', 'recalled']))
    const acts = new Map(graph.nodes.map(({ command, act }) => [command.idHex, act]))
    const read = commands.map(({ bytes }) => parseCommand(bytes) as Command)
    const chance = new Chance(65)
    for (let n = 0; n < orders; n++) {
      const arrivals = new Arrivals(acts)
      // Asked at every so many commands: each of them a batch of another size.
      const batch = 1 + chance.below(40)
      const ask = (): void => {
        if (arrivals.taken.length % batch === 0) arrivals.evaluation.current()
      }
      for (const command of shuffled([...read, ...read], chance)) arrivals.take(command, ask)
      expect(arrivals.stateHash).toBe(toHex(stateHash(state)))
    }
  })
})
