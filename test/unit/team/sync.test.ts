import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/codec/index.ts'
import { parseKeyBundle, type KeyBundle } from '../../../src/team/index.ts'
import { World } from '../../sim/world.ts'

const bundleOf = (world: World, index: number): KeyBundle => parseKeyBundle(world.player(index).bundle(0)) as KeyBundle

describe('two replicas and a third', () => {
  it('agree on a device that was added on one of them', async () => {
    const world = await World.create({ seed: 1, nodes: 3, isCalm: true })
    world.found(0, 'herd')
    expect(world.author(0, { kind: 'AddDevice', bundle: bundleOf(world, 1), name: 'b', role: 'operator' })).toBe(true)
    world.run(70_000)
    expect(world.author(1, { kind: 'AddDevice', bundle: bundleOf(world, 2), name: 'c' })).toBe(true)
    world.run(70_000)
    const hashes = world.cast.map(({ replica }) => toHex(replica!.stateHash()))
    expect(new Set(hashes).size).toBe(1)
    expect(world.cast[2]!.replica!.state.members.size).toBe(3)
  })
})
