import { beforeEach, describe, expect, it } from 'vitest'
import { idText, toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { answerCheck, type Command, type GraphNode, type Replica, type ReplicaEffect } from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
})

/** Hands commands to a replica as its disk would after an upgrade, and gives back all that it says. */
function take(replica: Replica, commands: readonly Command[], isStuck = false): ReplicaEffect[] {
  const seen: ReplicaEffect[] = []
  const step = (event: Parameters<Replica['step']>[0]): void => {
    for (const effect of replica.step(event)) {
      seen.push(effect)
      if (effect.kind === 'verify') {
        const verdicts = effect.checks.map((check) => answerCheck(scribe.keys, check))
        step({ kind: 'verified', token: effect.token, verdicts, now: 1 })
      }
      if (effect.kind === 'append' && !isStuck) step({ kind: 'stored', count: replica.graph.nodes.length, now: 1 })
    }
  }
  step({ kind: 'revive', commands: commands.map(({ bytes }) => bytes), now: 1 })
  return seen
}

/** What is said of commands: by position in the scribe's list. */
function standings(effects: readonly ReplicaEffect[]): string[] {
  const numberOf = (node: GraphNode): number => scribe.commands.findIndex(({ idHex }) => idHex === node.command.idHex)
  return effects.flatMap((effect) => {
    if (effect.kind !== 'standing') return []
    const { node, standing, code, by } = effect
    return [[numberOf(node), standing, code, by && numberOf(by)].filter((part) => part !== undefined).join(' ')]
  })
}

describe('what becomes of commands', () => {
  it('is told as they come, and again when it changes: applied, recalled, voided', () => {
    scribe.found('O')
    scribe.add('O', 'A', 'owner')
    const base = [scribe.add('O', 'B', 'operator')]
    const replica = scribe.replica('B', scribe.commands)
    const adds = scribe.add('B', 'U', 'user', { parents: base })
    const same = scribe.add('A', 'U', 'operator', { parents: base })
    const removal = scribe.remove('O', 'B', { parents: base })
    expect(standings(take(replica, [adds]))).toEqual(['3 applied'])
    expect(standings(take(replica, [same])).sort()).toEqual(['3 recalled ERR_TEAM_DUPLICATE', '4 applied'])
    expect(standings(take(replica, [removal])).sort()).toEqual(['3 voided ERR_TEAM_VOIDED 5', '5 applied'])
  })

  it('that a device signed beside itself is told once, and how much of it is lost', () => {
    scribe.found('O')
    const base = [scribe.add('O', 'U', 'user')]
    const replica = scribe.replica('O', scribe.commands)
    const forksIn = (effects: readonly ReplicaEffect[]): unknown[] =>
      effects.flatMap((effect) => (effect.kind === 'forked' ? [[toHex(effect.device), effect.lost]] : []))
    const { device } = scribe.actor('U')
    const one = scribe.write('U', { kind: 'RevokeRole', device, role: 'user' }, { parents: base })
    const other = scribe.assign('U', 'U', 'sync-role', { parents: base })
    const third = scribe.remove('U', 'U', { parents: base })
    expect(forksIn(take(replica, [one]))).toEqual([])
    expect(forksIn(take(replica, [other]))).toEqual([[toHex(device), 1]])
    expect(forksIn(take(replica, [third]))).toEqual([])
    expect(replica.lostInForks(toHex(device))).toBe(2)
  })

  it('an effect comes back where the removal that took it has lost its own', () => {
    scribe.found('O')
    scribe.add('O', 'A', 'operator')
    const base = [scribe.add('O', 'B', 'user')]
    const replica = scribe.replica('B', scribe.commands)
    const leave = scribe.assign('B', 'B', 'sync-role', { parents: base })
    const removal = scribe.remove('A', 'B', { parents: base })
    const saves = scribe.remove('O', 'A', { parents: base })
    expect(standings(take(replica, [leave]))).toEqual(['3 applied'])
    expect(standings(take(replica, [removal])).sort()).toEqual(['3 voided ERR_TEAM_VOIDED 4', '4 applied'])
    expect(standings(take(replica, [saves])).sort()).toEqual(['3 applied', '4 voided ERR_TEAM_VOIDED 5', '5 applied'])
  })

  it('its author is told of a void command with the id of what took its effect', () => {
    scribe.found('O')
    const base = [scribe.add('O', 'B', 'operator')]
    const replica = scribe.replica('B', scribe.commands)
    take(replica, [scribe.add('B', 'U', 'user', { parents: base })])
    const removal = scribe.remove('O', 'B', { parents: base })
    const told = take(replica, [removal]).filter(({ kind }) => kind === 'recalled')
    expect(told).toMatchObject([{ refusal: { code: 'ERR_TEAM_VOIDED', data: { by: idText('cmd', removal.id) } } }])
  })

  it('is told only of what is durable', () => {
    scribe.found('O')
    const base = [scribe.add('O', 'B', 'operator')]
    const replica = scribe.replica('O', scribe.commands)
    expect(standings(take(replica, [scribe.add('B', 'U', 'user', { parents: base })], true))).toEqual([])
    const later = replica.step({ kind: 'stored', count: 3, now: 2 })
    expect(standings(later)).toEqual(['2 applied'])
  })
})
