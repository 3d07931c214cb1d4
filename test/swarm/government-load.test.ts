import { afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../src/base/index.ts'
import { createNode, type HyraxNode } from '../../src/node/node.ts'
import { changeTeamList } from '../../src/node/team-list.ts'
import { createNodeFiles } from '../helpers/node-files.ts'
import { codeOf, createSwarmCast, eventually, isFull, type SwarmNode } from '../helpers/swarm-nodes.ts'

/** A whole node, in this process: commands go the way they go in a daemon. */
const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function start(): Promise<HyraxNode> {
  const files = createNodeFiles(['--bind-swarm', '127.0.0.1:0', '--bind-admin', '127.0.0.1:0', '--bind-api', 'off'])
  const node = await createNode(files.options, {
    log: { ...silentLog, setLevel: () => undefined },
    say: () => undefined,
  })
  ends.push(async () => {
    await node.stop()
    files.remove()
  })
  await node.start()
  return node
}

/** Somebody else of the same swarm, who talks as fast as he may. */
async function stranger(swarmKeys: readonly Uint8Array[]): Promise<SwarmNode> {
  const cast = await createSwarmCast()
  ends.unshift(() => cast.stopAll())
  return cast.node({ swarmKeys })
}

describe('sec/N6 removal by the graph', () => {
  it(
    'cuts under load before it is acknowledged, and nothing received after it is handled',
    { timeout: 120_000 },
    async () => {
      const rounds = isFull ? 100 : 12
      const { parts } = await start()
      const talker = await stranger(parts.swarmKey.keys)
      const { id: team } = await parts.teams.createTeam('herd', 'one')
      await parts.settings.setPlain('swarm/governingTeam', team)
      await parts.settings.setPlain('swarm/permissioned', true)
      let isRemoved = false
      let handled = 0
      let handledAfter = 0
      await parts.swarm.handle(
        '/test/load/1',
        async (stream) => {
          while ((await stream.read()) !== undefined) {
            handled++
            if (isRemoved) handledAfter++
          }
        },
        { maxStreams: 4, frameBytesMax: 1_024 },
      )
      const change = (verb: 'add' | 'remove') =>
        changeTeamList(parts, { team, verb, entries: [talker.peer], force: false })
      for (let round = 0; round < rounds; round++) {
        isRemoved = false
        expect((await change('add')).changed).toEqual([talker.peer])
        const [address = ''] = parts.swarm.addresses()
        await eventually(async () => (await codeOf(talker.swarm.connect(address))) === 'ok', 'connected', 20_000)
        const before = handled
        const open = () => talker.swarm.open(parts.identity.peer, '/test/load/1', 1_024)
        const streams = await Promise.all([1, 2, 3].map(open))
        const loads = streams.map(async (stream) => {
          for (;;) await stream.send({ pad: new Uint8Array(200) })
        })
        await eventually(() => handled > before + 20, 'load')
        const { cut } = await change('remove')
        isRemoved = true
        expect(cut.peers).toEqual([talker.peer])
        expect(parts.swarm.peers()).toEqual([])
        await Promise.allSettled(loads)
        await eventually(() => talker.swarm.peers().length === 0, 'cut seen by the other')
      }
      expect(handledAfter).toBe(0)
    },
  )
})
