import { beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { openKeys, type Keys } from '../../../src/keys/index.ts'
import { answerCheck, type Command, type Replica } from '../../../src/team/index.ts'
import { stateHash } from '../../../src/team/index.ts'
import { createSeededRandomness, type SeededRandomness } from '../../helpers/seeded-randomness.ts'
import { referenceOf } from '../../helpers/reference.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let keys: Keys
beforeAll(async () => {
  keys = await openKeys()
})

/** A team with many concurrent commands: some will collide. */
function randomTeam(seed: number, size: number): Scribe {
  const scribe = new Scribe(keys)
  const draw = createSeededRandomness(seed)
  scribe.found('O')
  for (const [name, role] of [
    ['P', 'owner'],
    ['A', 'admin'],
    ['B', 'operator'],
    ['C', 'operator'],
    ['U', 'user'],
  ] as const)
    scribe.add('O', name, role)
  while (scribe.commands.length < size) {
    const parents = someAntichain(scribe, draw)
    const [by, about] = [draw.pick(['O', 'P', 'A', 'B', 'C', 'U']), draw.pick(['O', 'P', 'A', 'B', 'C', 'U', 'V', 'W'])]
    const role = draw.pick(['owner', 'admin', 'operator', 'user', 'sync-role'])
    const state = scribe.stateOf(scribe.pastOf(parents))
    const held = state.members.get(toHex(scribe.actor(about).device))?.role
    try {
      const options = { parents }
      if (held === undefined) scribe.add(by, about, role, options)
      else if (draw.below(3) === 0) scribe.remove(by, about, options)
      else if (draw.below(3) === 0) scribe.revoke(by, about, held, options)
      else scribe.assign(by, about, role, options)
    } catch {
      continue
    }
    // Only what its own author could make stays: the others are for the tests of refusals.
    const made = scribe.commands.at(-1)!
    if (scribe.replica('reader').graph.has(made.idHex)) continue
    scribe.commands.pop()
  }
  return scribe
}

function someAntichain(scribe: Scribe, draw: SeededRandomness): Command[] {
  const heads = scribe.heads()
  const kept = heads.filter(() => draw.below(2) === 0)
  const recent = scribe.commands.slice(-6)
  if (kept.length > 0) return kept
  return [draw.below(3) === 0 ? draw.pick(recent) : draw.pick(heads)]
}

/** Hands a replica commands as a peer would, in any order and in any batches, and answers what it asks. */
function feed(replica: Replica, commands: readonly Command[], draw: SeededRandomness): void {
  let now = 0
  const run = (event: Parameters<Replica['step']>[0]): void => {
    for (const effect of replica.step(event)) {
      if (effect.kind === 'verify') {
        const verdicts = effect.checks.map((check) => answerCheck(keys, check))
        run({ kind: 'verified', token: effect.token, verdicts, now })
      }
      if (effect.kind === 'append') run({ kind: 'stored', count: replica.graph.nodes.length, now })
    }
  }
  run({ kind: 'connected', peer: 'p', device: new Uint8Array(32), given: true, now })
  for (let at = 0; at < commands.length;) {
    const batch = commands.slice(at, (at += 1 + draw.below(7)))
    run({ kind: 'revive', commands: batch.map(({ bytes }) => bytes), now: ++now })
  }
}

function shuffled<T>(items: readonly T[], draw: SeededRandomness): T[] {
  const left = [...items]
  return items.map(() => left.splice(draw.below(left.length), 1)[0]!)
}

describe('I1: order independence', () => {
  it('any permutation, batching and duplication of one set gives one state hash', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const scribe = randomTeam(seed, 30)
      const expected = toHex(scribe.replica('reader').stateHash())
      for (let i = 0; i < 12; i++) {
        const draw = createSeededRandomness(seed * 1_000 + i)
        const twice = [...scribe.commands, ...scribe.commands.filter(() => draw.below(4) === 0)]
        const replica = scribe.replica('reader', [])
        feed(replica, shuffled(twice, draw), draw)
        expect(replica.graph.nodes.length).toBe(scribe.commands.length)
        expect(toHex(replica.stateHash())).toBe(expected)
      }
    }
  })

  it('I2: after every prefix the incremental state is the one replayed from the start', () => {
    for (let seed = 10; seed <= 11; seed++) {
      const scribe = randomTeam(seed, 32)
      for (let length = 1; length <= scribe.commands.length; length++) {
        const replica = scribe.replica('reader', scribe.commands.slice(0, length))
        const whole = referenceOf(replica.graph.nodes).resolve()
        expect(toHex(replica.stateHash())).toBe(toHex(stateHash(whole.state)))
        for (const node of replica.graph.nodes) {
          const [engine, slow] = [replica.standing(node), whole.standings.get(node.command.idHex)]
          expect(engine === 'effective' ? engine : engine.verdict).toBe(slow === 'effective' ? slow : slow?.verdict)
        }
      }
    }
  })

  it('I8: recalled commands change nothing and stop nothing', () => {
    const scribe = new Scribe(keys)
    scribe.found('O')
    scribe.add('O', 'B', 'operator')
    const base = [scribe.add('O', 'U')]
    const ours = scribe.remove('B', 'U', { parents: base })
    const theirs = scribe.remove('O', 'U', { parents: base })
    scribe.add('O', 'V', 'user', { parents: [ours, theirs] })
    const replica = scribe.replica('reader')
    const standings = replica.graph.nodes.map((node) => replica.standing(node))
    expect(standings.filter((standing) => standing !== 'effective')).toMatchObject([
      { code: 'ERR_TEAM_UNKNOWN_DEVICE' },
    ])
    // The owner ranks higher: its removal comes first, the operator's is recalled (T08).
    expect(replica.standing(replica.graph.get(ours.idHex)!)).not.toBe('effective')
    expect(scribe.members()).toEqual(['B:operator', 'O:owner', 'V:user'])
  })

  it('role changes go by rank, then seniority (T20, T30); a self-demotion comes last (T32)', () => {
    const scribe = new Scribe(keys)
    scribe.found('O')
    scribe.add('O', 'A', 'admin')
    const base = [scribe.add('O', 'U', 'sync-role')]
    scribe.assign('A', 'U', 'user', { parents: base })
    scribe.assign('O', 'U', 'operator', { parents: base })
    expect(scribe.members()).toContain('U:operator')
    const owners = [scribe.add('O', 'P', 'owner')]
    scribe.assign('O', 'O', 'user', { parents: owners })
    scribe.assign('P', 'P', 'user', { parents: owners })
    expect(scribe.members()).toEqual(['A:admin', 'O:user', 'P:owner', 'U:operator'])
  })

  it('the close of a team ends what is concurrent with it (T36)', () => {
    const scribe = new Scribe(keys)
    scribe.found('O')
    const base = [scribe.add('O', 'P', 'owner')]
    scribe.write('P', { kind: 'CloseTeam' }, { parents: base })
    scribe.write('O', { kind: 'CloseTeam' }, { parents: base })
    scribe.add('O', 'U', 'user', { parents: base })
    const state = scribe.stateOf()
    expect(state.open).toBe(false)
    expect(scribe.members()).toEqual(['O:owner', 'P:owner'])
  })
})

describe('what a disk damaged', () => {
  it('is dropped with all that descends from it, and named', () => {
    const scribe = new Scribe(keys)
    scribe.found('O')
    scribe.add('O', 'U')
    const bad = scribe.add('O', 'V')
    const child = scribe.add('O', 'W')
    const loaded = scribe.commands.map(({ id, bytes }) => ({ id, bytes: id === bad.id ? bytes.with(70, 1) : bytes }))
    const replica = scribe.replica('O', loaded)
    expect(replica.dropped).toEqual([bad.id, child.id])
    expect(replica.graph.nodes).toHaveLength(2)
  })
})
