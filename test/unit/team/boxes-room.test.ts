import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/index.ts'
import { fromHex, toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { BoxesRoom } from '../../../src/team/boxes-room.ts'
import { boxBytes } from '../../../src/team/epoch.ts'
import { ofKind, ReplicaStage, sent } from '../../helpers/replica-stage.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
/** Room for so many epochs of the team that follows. */
const epochsMax = 16
const members = 4
const boxesBytesMax = epochsMax * members * boxBytes

beforeEach(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  scribe.add('O', 'H', 'operator')
  scribe.add('O', 'P', 'operator')
  scribe.add('O', 'Q')
})

function stageOf(name: string): ReplicaStage {
  return new ReplicaStage(scribe, scribe.rotator(name, scribe.commands, [], { boxesBytesMax }))
}

/** Rotates, and gives the hash of the boxes. */
function rotate(stage: ReplicaStage): string {
  stage.run({ kind: 'rotate', request: 1, time: 5, force: false })
  return toHex(stage.replica.state.epochs.at(-1)?.boxesHash ?? new Uint8Array())
}

/** Carries what one has made to the other, command and boxes. */
function carry(name: string, from: ReplicaStage, to: ReplicaStage, hashHex: string): void {
  to.push(name, from.replica.graph.nodes.at(-1)?.command ?? { bytes: new Uint8Array() })
  const bytes = from.boxes.get(hashHex) ?? new Uint8Array()
  to.frame(name, { t: 'boxes', hash: fromHex(hashHex), part: 0, parts: 1, bytes })
}

describe('the room for boxes of epochs', () => {
  it('is bounded; who rotates without end pushes out its own, and none that another made', () => {
    const [owner, hostile] = [stageOf('O'), stageOf('H')]
    owner.connect('H')
    hostile.connect('O')
    const honest = Array.from({ length: 4 }, () => {
      const made = rotate(owner)
      carry('O', owner, hostile, made)
      return made
    })
    const flood = Array.from({ length: 5 * epochsMax }, () => {
      const made = rotate(hostile)
      carry('H', hostile, owner, made)
      return made
    })
    for (const stage of [owner, hostile]) {
      expect(stage.boxes.size).toBeLessThanOrEqual(epochsMax)
      expect(stage.boxes.size).toBeGreaterThanOrEqual(epochsMax - epochsMax / 8 - 1)
      for (const made of honest) expect(stage.boxes.has(made)).toBe(true)
      for (const made of flood.slice(-limits.boxesNewestMin)) expect(stage.boxes.has(made)).toBe(true)
      // This device's own box stays of each, so that it reads what it could read.
      expect([...stage.boxes.keys(), ...stage.ownBoxes.keys()]).toHaveLength(honest.length + flood.length)
    }
    // What had to go is not asked for, neither now nor after a start, and who asks for it is told.
    const [gone = ''] = flood
    const want = { t: 'want', ids: [fromHex(gone)], ranges: [], credit: 100_000 }
    expect(sent(owner.frame('H', want), 'boxes')).toMatchObject([{ parts: 0 }])
    const commands = owner.replica.graph.nodes.map(({ command }) => command)
    const held = [...owner.boxes.keys()]
    const again = new ReplicaStage(scribe, scribe.rotator('O', commands, held, { boxesBytesMax }))
    const seen = [...again.connect('H'), ...again.pass(60_000)]
    expect(
      ofKind(seen, 'send').flatMap(({ frame }) => (frame['t'] === 'want' ? (frame['ids'] as Uint8Array[]) : [])),
    ).toEqual([])
  })

  it('goes first to those who are in the team: boxes in which no member has one are the first to go', () => {
    const owner = stageOf('O')
    const early = rotate(owner)
    const room = new BoxesRoom(3 * boxBytes)
    const { state } = owner.replica
    for (const [n, hashHex] of ['a', early, 'b'].entries()) room.add(hashHex, boxBytes, n)
    expect(room.surplus(state)).toEqual([])
    for (let n = 0; n < limits.boxesNewestMin; n++) room.add(`new ${n}`, 1, 9)
    expect(room.surplus(state)).toEqual(['a'])
    expect([room.has('a'), room.has(early)]).toEqual([false, true])
  })

  it('keeps what is sealed with now, though it is the oldest of who takes most', () => {
    const owner = stageOf('O')
    const sealing = rotate(owner)
    const room = new BoxesRoom(2 * boxBytes)
    room.add(sealing, 10 * boxBytes, 1)
    for (let n = 0; n < 2 * limits.boxesNewestMin; n++) room.add(`new ${n}`, 1, 2)
    expect(room.surplus(owner.replica.state)).not.toContain(sealing)
  })

  it('counts boxes that two name for who takes less: nobody draws another’s into its own heap', () => {
    const { state } = stageOf('O').replica
    const room = new BoxesRoom(100)
    for (let n = 0; n < 6; n++) room.add(`greedy ${n}`, 20, 1)
    // Named by the greedy one first, as it heard of them, and then by who made them.
    room.add('modest', 20, 1)
    room.add('modest', 20, 2)
    for (let n = 0; n < limits.boxesNewestMin; n++) room.add(`new ${n}`, 1, 3)
    const gone = room.surplus({ ...state, epochs: state.epochs })
    expect(gone).not.toContain('modest')
    expect(gone.length).toBeGreaterThan(0)
  })
})
