import { beforeEach, describe, expect, it } from 'vitest'
import { fail, limits } from '../../../src/base/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { Replica, rotationPending, sealingEpoch, type Intent } from '../../../src/team/index.ts'
import { ofKind, ReplicaStage } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
})

/** A replica of somebody that rotates, after a first tick. */
function stageOf(name: string): ReplicaStage {
  const stage = new ReplicaStage(scribe, scribe.rotator(name))
  stage.run({ kind: 'tick' })
  return stage
}

function author(stage: ReplicaStage, intent: Intent): string[] {
  const effects = stage.run({ kind: 'author', request: 1, intent, time: 5, force: false })
  return ofKind(effects, 'verdict').map(({ outcome }) => (outcome.kind === 'accepted' ? 'accepted' : outcome.code))
}

/** Kinds of the commands that came after those that were written. */
function madeBy(stage: ReplicaStage): string[] {
  return stage.replica.graph.nodes.slice(scribe.commands.length).map(({ act }) => act.kind)
}

const remove = (name: string): Intent => ({ kind: 'RemoveDevice', device: scribe.actor(name).device })

describe('a leave', () => {
  beforeEach(() => {
    scribe.add('O', 'P', 'operator')
    scribe.add('O', 'U')
    scribe.remove('U', 'U')
  })

  it('is confirmed before the next command of a device that knows it', () => {
    const stage = stageOf('P')
    expect(author(stage, { kind: 'AssignNetworkName', device: scribe.actor('P').device, name: 'db' })).toEqual([
      'accepted',
    ])
    expect(madeBy(stage)).toEqual(['ConfirmLeave', 'AssignNetworkName'])
    expect(stage.replica.graph.nodes.at(-2)?.command.time).toBe(5)
  })

  it('is confirmed by itself within its delay, once', () => {
    const stage = stageOf('P')
    stage.pass(limits.confirmLeaveMsMax)
    expect(madeBy(stage).filter((kind) => kind === 'ConfirmLeave')).toHaveLength(1)
    stage.pass(limits.confirmLeaveMsMax * 3)
    expect(madeBy(stage).filter((kind) => kind === 'ConfirmLeave')).toHaveLength(1)
    expect(stage.replica.graph.nodes.find(({ act }) => act.kind === 'ConfirmLeave')?.command.time).toBe(
      1_800_000_000_000,
    )
  })

  it('is not confirmed where somebody did so first', () => {
    const stage = stageOf('P')
    const leave = scribe.commands.at(-1)?.id ?? new Uint8Array()
    stage.connect('O')
    stage.push('O', scribe.write('O', { kind: 'ConfirmLeave', leave }))
    stage.pass(limits.confirmLeaveMsMax)
    expect(stage.replica.graph.nodes.filter(({ act }) => act.kind === 'ConfirmLeave')).toHaveLength(1)
  })

  it('its own author, added again, leaves it to the others', () => {
    scribe.add('O', 'U', 'operator')
    const stage = stageOf('U')
    stage.pass(limits.confirmLeaveMsMax)
    expect(madeBy(stage)).not.toContain('ConfirmLeave')
  })
})

describe('a rotation', () => {
  it('goes in one batch with the removal, by who may rotate', () => {
    scribe.add('O', 'U')
    const stage = stageOf('O')
    const effects = stage.run({ kind: 'author', request: 1, intent: remove('U'), time: 5, force: false })
    const [batch] = ofKind(effects, 'append')
    expect(batch?.records).toHaveLength(2)
    expect(madeBy(stage)).toEqual(['RemoveDevice', 'RotateKey'])
    const order = effects.map(({ kind }) => kind)
    expect(order.indexOf('keep-boxes')).toBeLessThan(order.indexOf('append'))
    expect(rotationPending(stage.replica.state)).toBe(false)
    expect(sealingEpoch(stage.replica.state)?.recipients.map(([device]) => device)).toEqual([scribe.actor('O').device])
  })

  it('that nobody made is made in turn: the most senior who is connected after one step, the next after two', () => {
    scribe.add('O', 'P', 'operator')
    scribe.add('O', 'Q', 'operator')
    scribe.add('O', 'U')
    scribe.remove('O', 'U')
    const step = limits.rotationMsInterval
    const turnOf = (name: string, connected: readonly string[]): number => {
      const stage = stageOf(name)
      for (const other of connected) stage.connect(other)
      for (let steps = 1; steps <= 4; steps++) {
        stage.pass(step - 1)
        expect(madeBy(stage)).toEqual([])
        stage.pass(1)
        if (madeBy(stage).length > 0) return steps
      }
      return 0
    }
    expect(turnOf('O', ['P', 'Q'])).toBe(1)
    expect(turnOf('P', ['O', 'Q'])).toBe(2)
    expect(turnOf('Q', ['O', 'P'])).toBe(3)
    expect(turnOf('Q', ['P'])).toBe(2)
    expect(turnOf('Q', [])).toBe(1)
  })

  it('is nobody’s duty who may not: users, who has not been heard, a closed team', () => {
    scribe.add('O', 'P', 'operator')
    scribe.add('O', 'U')
    scribe.add('O', 'V')
    scribe.remove('O', 'V')
    const user = stageOf('U')
    user.pass(limits.rotationMsInterval * 10)
    expect(madeBy(user)).toEqual([])
    const unheard = new ReplicaStage(scribe, scribe.replica('P'))
    unheard.pass(limits.rotationMsInterval * 10)
    expect(madeBy(unheard)).toEqual([])
    scribe.write('O', { kind: 'CloseTeam' })
    const closed = stageOf('O')
    closed.pass(limits.rotationMsInterval * 10)
    expect(madeBy(closed)).toEqual([])
  })

  it('comes for a member without a box of the sealing epoch, and then there is peace', () => {
    scribe.add('O', 'P', 'operator')
    const stage = stageOf('O')
    stage.run({ kind: 'rotate', request: 1, time: 5, force: false })
    const { bundle } = scribe.actor('U')
    expect(author(stage, { kind: 'AddDevice', bundle, name: 'U' })).toEqual(['accepted'])
    expect(madeBy(stage)).toEqual(['RotateKey', 'AddDevice'])
    for (let steps = 0; steps < 20; steps++) stage.pass(limits.rotationMsInterval)
    expect(madeBy(stage)).toEqual(['RotateKey', 'AddDevice', 'RotateKey'])
    expect(sealingEpoch(stage.replica.state)?.recipients).toHaveLength(3)
  })

  it('that the law refuses is tried again more and more rarely', () => {
    scribe.add('O', 'P', 'operator')
    scribe.add('O', 'U')
    scribe.remove('O', 'U')
    const { device, identity, sign } = scribe.actor('O')
    let made = 0
    // As for a key of small order, which no member can have.
    const sealBox = (): Uint8Array => {
      made++
      throw fail('ERR_KEYS_POINT')
    }
    const parts = { team: scribe.team, device, signingKey: identity.publicKey, sign, random: scribe.random }
    const stage = new ReplicaStage(scribe, new Replica({ ...parts, sealBox, isFounder: true }, scribe.commands))
    for (let seconds = 0; seconds < 600; seconds++) stage.pass(1_000)
    expect(madeBy(stage)).toEqual([])
    expect(made).toBeGreaterThan(2)
    expect(made).toBeLessThan(10)
  })

  it('a team that never sealed anything and lost nobody makes none by itself', () => {
    scribe.add('O', 'P', 'operator')
    const stage = stageOf('O')
    stage.pass(limits.rotationMsInterval * 10)
    expect(madeBy(stage)).toEqual([])
  })

  it('names the epochs before it as parents, and as recipients exactly the members', () => {
    scribe.add('O', 'P', 'operator')
    const stage = stageOf('O')
    for (let i = 0; i < 2; i++) stage.run({ kind: 'rotate', request: i, time: 5, force: false })
    const [first, second] = stage.replica.state.epochs
    expect(second?.parents).toEqual([first?.id])
    expect(second?.recipients.map(([device]) => device).sort()).toEqual(
      ['O', 'P'].map((name) => scribe.actor(name).device).sort(),
    )
  })

  it('of a team too large for a list names the hash of its recipients', () => {
    for (let i = 0; i < limits.recipientsListedMax; i++) scribe.add('O', `device ${i}`)
    const stage = stageOf('O')
    stage.run({ kind: 'rotate', request: 1, time: 5, force: false })
    const node = stage.replica.graph.nodes.at(-1)
    expect(node?.command.bytes.length).toBeLessThan(600)
    expect(sealingEpoch(stage.replica.state)?.recipients).toHaveLength(limits.recipientsListedMax + 1)
    // What came from the wire by its hash is read the same after a start.
    const again = scribe.rotator(
      'O',
      stage.replica.graph.nodes.map(({ command }) => command),
    )
    expect(again.stateHash()).toEqual(stage.replica.stateHash())
  })
})
