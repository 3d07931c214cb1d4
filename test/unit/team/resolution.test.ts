import { beforeAll, describe, expect, it } from 'vitest'
import { compareBytes, toHex } from '../../../src/codec/index.ts'
import { openKeys, type Keys } from '../../../src/keys/index.ts'
import { readAct } from '../../../src/team/body.ts'
import { signCommand } from '../../../src/team/command.ts'
import { Evaluation } from '../../../src/team/evaluation.ts'
import { Graph, type GraphNode } from '../../../src/team/graph.ts'
import { stateHash, type Act, type Command, type Standing } from '../../../src/team/index.ts'
import { accept } from '../../../src/team/ingest.ts'
import { forkView } from '../../../src/team/origin.ts'
import { takesPart } from '../../../src/team/reducers.ts'
import { soundPayload } from '../../../src/team/signature-checks.ts'
import { Chance } from '../../sim/chance.ts'
import { commandOf, Ledger } from '../../sim/ledger.ts'
import { Life, type LifeOptions } from '../../sim/lives.ts'
import { difference, referenceOf } from '../../helpers/reference.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let keys: Keys
beforeAll(async () => {
  keys = await openKeys()
})

function lifeOf(seed: number, options: Partial<LifeOptions> = {}): Life {
  const shape = { devices: 3 + (seed % 5), commands: 26, evil: 0.15, sync: 0.1 + 0.1 * (seed % 4) }
  return new Life({ seed, ...shape, ...options }).run()
}

/** Commands in some order in which parents come first. */
function shuffled(life: Life, chance: Chance): Command[] {
  const left = life.ledger.bytes.map(commandOf)
  const placed = new Set<string>()
  const order: Command[] = []
  while (left.length > 0) {
    const command = chance.pick(left.filter(({ parentHexes }) => parentHexes.every((parent) => placed.has(parent))))
    left.splice(left.indexOf(command), 1)
    placed.add(command.idHex)
    order.push(command)
  }
  return order
}

function standingOf(life: { ledger: Ledger }, node: GraphNode): Standing {
  return life.ledger.evaluation.standing(node)
}

describe('I2: the engine has the state of the reference', () => {
  it('after every prefix of any delivery, all kinds, forks included', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const life = lifeOf(seed)
      const reference = referenceOf(life.ledger.graph.nodes)
      const ledger = new Ledger()
      for (const command of shuffled(life, new Chance(seed))) {
        expect(ledger.take(command), `seed ${seed}: ${command.kind}`).toBeDefined()
        const { nodes } = ledger.graph
        const slow = reference.resolve(nodes.map((node) => node.command.idHex))
        expect(difference(ledger.evaluation, nodes, slow), `seed ${seed}`).toBeUndefined()
      }
    }
  })

  it('where half of all commands are signed on older points, so that forks have many lines', () => {
    for (let seed = 150; seed <= 175; seed++) {
      const life = lifeOf(seed, { commands: 34, evil: 0.6, devices: 3 })
      const { graph, evaluation } = life.ledger
      expect(difference(evaluation, graph.nodes, referenceOf(graph.nodes).resolve()), `seed ${seed}`).toBeUndefined()
    }
  })

  it('where it is asked seldom, so that several late branches are resolved at once', () => {
    for (let seed = 100; seed <= 130; seed++) {
      const life = lifeOf(seed, { commands: 34 })
      const reference = referenceOf(life.ledger.graph.nodes)
      const ledger = new Ledger()
      for (const command of shuffled(life, new Chance(seed))) ledger.take(command)
      expect(difference(ledger.evaluation, ledger.graph.nodes, reference.resolve()), `seed ${seed}`).toBeUndefined()
    }
  })
})

describe('I1: order independence', () => {
  it('any order and batching of one set gives one state and one standing to each command', () => {
    for (let seed = 200; seed <= 215; seed++) {
      const life = lifeOf(seed, { commands: 60 })
      const hash = toHex(stateHash(life.ledger.state))
      for (let turn = 0; turn < 3; turn++) {
        const chance = new Chance(seed * 10 + turn)
        const ledger = new Ledger()
        for (const command of shuffled(life, chance)) {
          ledger.take(command)
          if (chance.is(0.3)) stateHash(ledger.state)
        }
        expect(toHex(stateHash(ledger.state)), `seed ${seed}`).toBe(hash)
        for (const node of life.ledger.graph.nodes) {
          const other = ledger.graph.get(node.command.idHex)
          expect(other && verdictOf(standingOf({ ledger }, other))).toBe(verdictOf(standingOf(life, node)))
        }
      }
    }
  })
})

function verdictOf(standing: Standing): string {
  return standing === 'effective' ? standing : standing.verdict
}

describe('the invariants, on random lives', () => {
  const lives = (): Life[] => Array.from({ length: 40 }, (_, i) => lifeOf(300 + i, { commands: 40 }))

  it('I3: no effective command of a device is beside an effective removal of it, or an effective confirmation of its leave', () => {
    let pairs = 0
    for (const life of lives()) {
      const { nodes } = life.ledger.graph
      const effective = nodes.filter((node) => standingOf(life, node) === 'effective')
      for (const r of effective) {
        if ((r.act.kind !== 'RemoveDevice' && r.act.kind !== 'ConfirmLeave') || !takesPart(r)) continue
        for (const d of effective) {
          if (d.command.authorHex !== toHex(r.act.body.device) || d.command.generation > r.act.body.gen) continue
          pairs++
          expect(life.ledger.graph.isBefore(d, r), `${d.command.kind} beside ${r.command.kind}`).toBe(true)
        }
      }
    }
    expect(pairs).toBeGreaterThan(10)
  })

  it('I5: a team that is open has an owner', () => {
    for (const { ledger } of lives()) {
      const roles = [...ledger.state.members.values()].map(({ role }) => role)
      expect(!ledger.state.open || roles.includes('owner')).toBe(true)
    }
  })

  it('I6: what an effective command depends on is effective, back to CreateTeam', () => {
    for (const life of lives())
      for (const node of life.ledger.graph.nodes) {
        if (standingOf(life, node) !== 'effective') continue
        expect(node.origin.deps.length > 0).toBe(node.act.kind !== 'CreateTeam')
        for (const dep of node.origin.deps) {
          const found = life.ledger.graph.get(dep)
          // A grant may be recalled and the author still hold what it needs otherwise; it is never void.
          expect(found && verdictOf(standingOf(life, found))).not.toBe('void')
        }
      }
  })

  it('I7: a removal or demotion never voids what it had in its own past', () => {
    for (const life of lives())
      for (const node of life.ledger.graph.nodes) {
        const standing = standingOf(life, node)
        if (standing === 'effective' || standing.by === undefined || !takesPart(standing.by)) continue
        const hasFork = life.ledger.graph.forked().length > 0
        expect(hasFork || !life.ledger.graph.isBefore(node, standing.by)).toBe(true)
      }
  })

  it('I8: a command that is refused changes nothing at all, and a recalled one stops nothing', () => {
    for (const life of lives().slice(0, 10)) {
      const { ledger } = life
      const before = toHex(stateHash(ledger.state))
      const first = ledger.graph.nodes[0] as GraphNode
      const stranger = new Life({ seed: 9_999, devices: 3, commands: 0 }).cast[1]
      if (stranger === undefined) throw new Error('no stranger')
      const wish = { kind: 'CloseTeam', body: {} }
      expect(ledger.take(ledger.sign(stranger, ledger.graph.heads().slice(0, 16), wish))).toBeUndefined()
      expect(ledger.take(commandOf(first.command.bytes))).toBeUndefined()
      expect(toHex(stateHash(ledger.state))).toBe(before)
    }
  })

  it('I9: what a peer that was removed knows better is believed: its removal loses to one that was made beside it', () => {
    const scribe = new Scribe(keys)
    scribe.found('O')
    scribe.add('O', 'A', 'operator')
    const base = [scribe.add('O', 'U')]
    scribe.remove('A', 'U', { parents: base })
    expect(scribe.members()).toEqual(['A:operator', 'O:owner'])
    scribe.remove('O', 'A', { parents: base })
    expect(scribe.members()).toEqual(['O:owner', 'U:user'])
  })
})

describe('a ConfirmLeave of a leave that replay recalled hits (a draft that fell)', () => {
  it('no leave, no hit: what the last owner did stands', () => {
    const scribe = new Scribe(keys)
    scribe.found('O')
    scribe.add('O', 'P', 'owner')
    const base = [scribe.add('O', 'A', 'operator')]
    const ofO = scribe.remove('O', 'O', { parents: base })
    const ofP = scribe.remove('P', 'P', { parents: base })
    scribe.add('P', 'V', 'user', { parents: [ofO, ofP] })
    const body: Act = { kind: 'ConfirmLeave', body: { device: scribe.actor('P').device, gen: 0, leave: ofP.id } }
    const confirmed = scribe.writeAct('A', body, { parents: [ofP] })
    const replica = scribe.replica('reader')
    expect(scribe.members()).toEqual(['A:operator', 'P:owner', 'V:user'])
    expect(replica.standing(replica.graph.get(confirmed.idHex)!)).toMatchObject({
      verdict: 'void',
      why: { code: 'ERR_TEAM_UNKNOWN_DEVICE' },
    })
    expect(referenceOf(replica.graph.nodes).resolve().standings.get(confirmed.idHex)).toMatchObject({ verdict: 'void' })
  })
})

describe('a bug of ours in the law', () => {
  it('refuses the command with ERR_TEAM_INTERNAL, and nothing has changed', () => {
    const life = lifeOf(7, { commands: 0 })
    const { ledger } = life
    const before = toHex(stateHash(ledger.state))
    const owner = life.cast[0]
    if (owner === undefined) throw new Error('no owner')
    const heads = ledger.graph.heads()
    const command = ledger.sign(owner, heads, { kind: 'RemoveDevice', body: {} })
    const broken = { kind: 'RemoveDevice', body: { device: null, gen: 0 } } as unknown as Act
    expect(accept(ledger, command, broken, soundPayload)).toMatchObject({
      kind: 'refuse',
      code: 'ERR_TEAM_INTERNAL',
      data: { kind: 'RemoveDevice' },
    })
    expect(ledger.graph.heads()).toEqual(heads)
    expect(toHex(stateHash(ledger.state))).toBe(before)
  })
})

function voidIn(evaluation: Evaluation, node: GraphNode): boolean {
  const standing = evaluation.standing(node)
  return standing !== 'effective' && standing.verdict === 'void'
}

describe('the shapes that break recursion', () => {
  it('a chain of 10,000 and a ladder of 1,000 diamonds are resolved from the first command on', () => {
    const scribe = new Scribe(keys)
    const first = scribe.found('O')
    const graph = new Graph()
    const replica = scribe.replica('reader', [first])
    const root = replica.graph.nodes[0] as GraphNode
    let made = 0
    const put = (parents: readonly GraphNode[], lost: readonly string[] = []): GraphNode => {
      const command = parents.length === 0 ? first : unsigned(parents)
      const act = readAct(command) as Act
      const origin = { ...root.origin, order: 1 as const, deps: parents.length === 0 ? [] : [first.idHex] }
      if (lost.length > 0) Object.assign(origin, { lost: forkView(lost) })
      return graph.add(command, { act, parents, origin })
    }
    const unsigned = (parents: readonly GraphNode[]): Command =>
      signCommand(
        {
          ...{ team: first.id, author: first.author, key: first.key, generation: 0, time: made++ },
          parents: parents.map(({ command }) => command.id).sort(compareBytes),
          sequence: graph.nextSequence(parents, first.authorHex),
          depth: 1 + Math.max(...parents.map(({ command }) => command.depth)),
          ...{ kind: 'TrustOperator', body: { key: new Uint8Array(32) } },
        },
        () => new Uint8Array(64),
      )
    let at = put([])
    for (let i = 0; i < 10_000; i++) at = put([at])
    for (let i = 0; i < 1_000; i++) {
      const sides = [put([at]), put([at])]
      const lost = sides.map(({ command }) => command.idHex).sort()
      at = put(sides, lost.slice(1))
    }
    const evaluation = new Evaluation(graph)
    // All signed by one device: every rung of the ladder is a fork, of which one side stays; who knows which goes on.
    expect(evaluation.standing(graph.nodes[0] as GraphNode)).toBe('effective')
    expect(evaluation.current().members.size).toBe(1)
    expect(graph.nodes.filter((node) => voidIn(evaluation, node)).length).toBe(1_000)
    expect(voidIn(evaluation, graph.nodes.at(-1) as GraphNode)).toBe(false)
  })
})
