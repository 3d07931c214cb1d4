import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { equalBytes, toHex } from '../../src/codec/index.ts'
import { boxAt, openEpochBox, type Intent } from '../../src/team/index.ts'
import type { SealingKey } from '../../src/node/effects/team-sealing.ts'
import { createTeamCast, type TeamCast, type TeamNode } from '../helpers/team-nodes.ts'
import { eventually } from '../helpers/swarm-nodes.ts'

let cast: TeamCast
beforeEach(async () => {
  cast = await createTeamCast()
})
afterEach(() => cast.stopAll())

async function author(node: TeamNode, intent: Intent): Promise<void> {
  expect(await node.teams.author(undefined, intent)).not.toHaveProperty('code')
}

/** Adds a device with its role and brings its node up to date. */
async function admit(owner: TeamNode, name: string, role: string): Promise<TeamNode> {
  const node = await cast.node()
  await author(owner, { kind: 'AddDevice', bundle: node.teams.device.bundle, name, role })
  const { id } = owner.teams.view()
  await node.teams.addTeam(id)
  await node.teams.syncPeers.add(owner.address(), id)
  await eventually(() => isLevel(node, owner), `${name} is level`)
  return node
}

function isLevel(...nodes: readonly TeamNode[]): boolean {
  return new Set(nodes.map((node) => node.teams.view().stateHash)).size === 1
}

function deviceOf(node: TeamNode, name: string): Uint8Array {
  return node.teams.resolveDevice(undefined, name).device
}

async function sealing(node: TeamNode): Promise<SealingKey> {
  const found = await node.teams.sealingKey()
  if ('code' in found) throw new Error(found.code)
  return found
}

function openEpochs(node: TeamNode): string[] {
  return node.teams.epochs().epochs.flatMap(({ epoch, readable }) => (readable ? [epoch] : []))
}

function lastEpoch(node: TeamNode): string | undefined {
  return node.teams.epochs().epochs.at(-1)?.epoch
}

describe('the epochs of a team over real sockets', () => {
  it('I14: who is removed reads no later epoch; the others agree on one and open the same secret', async () => {
    const owner = await cast.node()
    await owner.teams.createTeam('herd', 'owner')
    const operator = await admit(owner, 'operator', 'operator')
    const user = await admit(owner, 'user', 'user')
    const gone = await admit(owner, 'gone', 'user')
    const first = await sealing(owner)
    await eventually(() => [operator, user, gone].every((node) => openEpochs(node).length === 1), 'all read the first')
    expect((await sealing(gone)).secret).toEqual(first.secret)
    const count = owner.teams.view().count
    await author(owner, { kind: 'RemoveDevice', device: deviceOf(owner, 'gone') })
    // The removal and the rotation are one batch: nothing can be sealed for the old recipients in between.
    expect(owner.teams.view().count).toBe(count + 2)
    expect(owner.teams.epochs()).toMatchObject({ pending: false, epochs: [{ sealing: false }, { sealing: true }] })
    await eventually(
      () => [operator, user].every((node) => openEpochs(node).length === 2),
      'the others read the second',
    )
    const keys = await Promise.all([owner, operator, user].map(sealing))
    for (const { epoch, secret } of keys) {
      expect(toHex(epoch)).toBe(lastEpoch(owner))
      expect(secret).toEqual(keys[0]?.secret)
      expect(secret).not.toEqual(first.secret)
    }
    await eventually(() => gone.teams.view().members.length === 3, 'who is out knows it')
    expect(openEpochs(gone)).toEqual([toHex(first.epoch)])
    expect(await gone.teams.sealingKey()).toMatchObject({ code: 'ERR_TEAM_ROTATION_PENDING' })
    // Not even with the boxes in hand.
    const epoch = owner.teams.replica().state.epochs.at(-1)
    const boxes = await owner.boxes(epoch?.boxesHash ?? new Uint8Array(32))
    for (const { pair } of gone.own.ring.encryption)
      for (let place = 0; place < 3; place++)
        expect(
          openEpochBox(cast.keys, pair, boxAt(boxes, place), {
            team: owner.teams.replica().state.team,
            epoch: epoch?.id ?? new Uint8Array(32),
          }),
        ).toBeUndefined()
  })

  it('T55: both sides of a partition rotate; members read both, sealing takes the one without who was removed', async () => {
    const owner = await cast.node()
    await owner.teams.createTeam('herd', 'owner')
    const operator = await admit(owner, 'operator', 'operator')
    const gone = await admit(owner, 'gone', 'user')
    await eventually(() => isLevel(owner, operator, gone), 'all level')
    for (const node of [operator, gone]) await node.swarm.disconnect(owner.peer)
    await eventually(() => owner.teams.linkedPeers().length === 0, 'cut apart')
    await author(owner, { kind: 'RemoveDevice', device: deviceOf(owner, 'gone') })
    expect(await operator.teams.rotateKey(undefined)).not.toHaveProperty('code')
    const [ofOwner, ofOperator] = [lastEpoch(owner), lastEpoch(operator)]
    expect(ofOwner).not.toBe(ofOperator)
    await operator.teams.syncNow()
    await eventually(() => isLevel(owner, operator) && openEpochs(operator).length === 2, 'one team again')
    await eventually(() => openEpochs(owner).length === 2, 'both read both')
    for (const node of [owner, operator]) expect(toHex((await sealing(node)).epoch)).toBe(ofOwner)
    expect(openEpochs(gone)).not.toContain(ofOwner)
  })

  it('who removes and may not rotate leaves it to the most senior who is connected; a leave is confirmed before', async () => {
    const owner = await cast.node()
    await owner.teams.createTeam('herd', 'owner')
    const leaver = await admit(owner, 'leaver', 'user')
    await author(leaver, { kind: 'RemoveDevice', device: deviceOf(leaver, 'leaver') })
    await eventually(() => owner.teams.view().members.length === 1, 'the leave is known')
    expect(owner.teams.epochs()).toEqual({ pending: true, epochs: [] })
    expect(owner.teams.warnings().join()).toContain('its epoch key must be rotated')
    await author(owner, { kind: 'CreateLabel', label: 'x' })
    expect(owner.teams.log(undefined, 3).map(({ kind }) => kind)).toEqual([
      'RemoveDevice',
      'ConfirmLeave',
      'CreateLabel',
    ])
    await eventually(() => !owner.teams.epochs().pending, 'rotated', 12_000)
    expect(
      equalBytes((await sealing(owner)).epoch, owner.teams.replica().state.epochs[0]?.id ?? new Uint8Array()),
    ).toBe(true)
  }, 30_000)

  it('a member that came later has no box of the epoch, seals nothing, and gets the next one by itself', async () => {
    const owner = await cast.node()
    await owner.teams.createTeam('herd', 'owner')
    const first = await sealing(owner)
    const late = await admit(owner, 'late', 'user')
    expect(await late.teams.sealingKey()).toMatchObject({ code: 'ERR_TEAM_EPOCH_UNREADABLE' })
    expect(late.teams.warnings().join()).toContain('cannot open its epoch')
    await eventually(() => openEpochs(late).length === 1, 'a box for the one that came later', 15_000)
    expect(openEpochs(late)).not.toContain(toHex(first.epoch))
    expect((await sealing(late)).secret).toEqual((await sealing(owner)).secret)
    expect(late.teams.warnings()).toEqual([])
  }, 30_000)

  it('sealing is refused where this device may not rotate and there is no epoch', async () => {
    const owner = await cast.node()
    await owner.teams.createTeam('herd', 'owner')
    const user = await admit(owner, 'user', 'user')
    expect(await user.teams.sealingKey()).toMatchObject({ code: 'ERR_TEAM_ROTATION_PENDING' })
    expect(await user.teams.rotateKey(undefined)).toMatchObject({ code: 'ERR_TEAM_NO_PERMISSION' })
    await sealing(owner)
    await eventually(() => openEpochs(user).length === 1, 'the first epoch is here')
    expect((await sealing(user)).secret).toEqual((await sealing(owner)).secret)
  })
})
