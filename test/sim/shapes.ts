import type { GraphNode } from '../../src/team/index.ts'
import { Chance } from './chance.ts'
import { headsIn } from './ledger.ts'
import { lifeFault } from './life-faults.ts'
import { Life } from './lives.ts'

/** A shape of a graph: for each command the earlier ones that it names as parents; none: it builds on the base. */
export type Shape = readonly (readonly number[])[]

/** Every shape of so many commands, each an order in which parents come first. 1, 2, 7, 40, 357, 4,824, 96,428 of them. */
export function* shapes(commands: number): Generator<Shape> {
  if (commands === 0) {
    yield []
    return
  }
  for (const shape of shapes(commands - 1)) for (const parents of antichains(shape)) yield [...shape, parents]
}

/** Shapes of so many commands from the one with this number up to, not including, another; each with its number. */
export function* shapesFrom(commands: number, from = 0, to = Infinity): Generator<readonly [number, Shape]> {
  let number = 0
  for (const shape of shapes(commands)) {
    if (number >= to) return
    if (number >= from) yield [number, shape]
    number++
  }
}

/** What is wrong with the engine on a shape that is filled from the seed of its number; undefined: nothing. */
export function shapeFault(commands: number, number: number, shape: Shape): string | undefined {
  const seed = commands * 1_000_000 + number
  const fault = lifeFault(fill(shape, seed).ledger, new Chance(seed))
  return fault === undefined ? undefined : `HYRAX_SHAPES=${commands}:${number}-${number + 1} ${JSON.stringify(shape)}: ${fault}` // prettier-ignore
}

/** All sets of commands of a shape of which none is an ancestor of another. */
function antichains(shape: Shape): number[][] {
  const past = shape.map((): Set<number> => new Set())
  for (const [i, parents] of shape.entries())
    for (const parent of parents) for (const one of [parent, ...(past[parent] ?? [])]) past[i]?.add(one)
  const isFree = (a: number, b: number): boolean => past[a]?.has(b) !== true && past[b]?.has(a) !== true
  let found: number[][] = [[]]
  for (const i of shape.keys())
    found = found.flatMap((set) => (set.every((one) => isFree(one, i)) ? [set, [...set, i]] : [set]))
  return found
}

/** Few people and the kinds that give and take authority: what every shape is filled with. */
const alphabet = { RemoveDevice: 5, AssignRole: 6, AddDevice: 2, ConfirmLeave: 3, AddDeviceKey: 2, RetireKey: 1 }

/** A life in which commands stand exactly in this shape upon a team of four; who signs what is drawn from the seed. */
export function fill(shape: Shape, seed: number): Life {
  const life = new Life({ seed, devices: 4, commands: 0, weights: alphabet })
  const base = headsIn(new Set(life.ledger.graph.nodes))
  const placed: (GraphNode | undefined)[] = []
  for (const parents of shape) {
    const on = parents.map((parent) => placed[parent]).filter((node) => node !== undefined)
    const points = on.length === 0 ? base : headsIn(life.ledger.closure(on))
    let node: GraphNode | undefined
    for (let tries = 0; tries < 4 && node === undefined; tries++) node = life.act(life.chance.below(4), points, 3)
    placed.push(node)
  }
  return life
}
