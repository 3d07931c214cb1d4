import { createServer } from 'node:net'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../src/base/index.ts'
import { formatInviteLine, parseInviteLine } from '../../src/codec/index.ts'
import { generateInviteCode, systemRandom } from '../../src/keys/index.ts'
import { agreed, createDaemonCast, isBuilt, type Daemon, type DaemonCast } from '../helpers/daemons.ts'
import { codeOf, eventually } from '../helpers/swarm-nodes.ts'

let cast: DaemonCast
beforeEach(() => {
  cast = createDaemonCast()
})
afterEach(() => cast.stopAll())

if (!isBuilt) console.log('skipped: invites between daemons (build them first: npm run build)')
const settings = 'swarm:\n  exemptSources: [127.0.0.0/8]\n'

/** A port that nobody listens on: the server comes back where the code says it is. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function members(daemon: Daemon): Promise<string[]> {
  const { devices } = await daemon.call('devices.ls', {})
  return devices.map(({ peer }) => peer)
}

/** The owner of a team, and an operator that answers invites at a port of its own. */
async function twoNodes() {
  const creator = await cast.start('creator')
  const server = cast.make('server')
  const port = String(await freePort())
  const options = ['--bind-swarm', `127.0.0.1:${port}`]
  const startServer = (): Promise<Daemon> => server.start({ settings, options, peers: [creator.address] })
  await startServer()
  const { team } = await creator.call('teams.create', { name: 'herd', deviceName: 'creator' })
  const { bundle } = await server.call('devices.keybundle', {})
  await creator.call('devices.add', { bundle, name: 'server', role: 'operator' })
  await server.call('teams.add', { team })
  await server.call('sync.add', { address: creator.address, team })
  await agreed([creator, server])
  return { creator, server, startServer, address: `/ip4/127.0.0.1/tcp/${port}/p2p/${server.peer}` }
}

describe.skipIf(!isBuilt)('invites between processes', () => {
  it(
    'sec/I2 R2 the server is killed at any moment of an admission: one use, one member, and the joiner gets in',
    { timeout: 180_000 },
    async () => {
      const { creator, server, startServer, address } = await twoNodes()
      // From before the first frame to after the answer, on a machine that is neither fast nor slow.
      for (const [round, ms] of [0, 15, 40, 80, 150].entries()) {
        const made = await creator.call('invites.create', { server: address })
        await agreed([creator, server])
        const joiner = await cast.start(`joiner-${String(round)}`)
        const joining = joiner.call('invites.join', { code: made.code, waitSeconds: 60 })
        await new Promise((resolve) => setTimeout(resolve, ms))
        await server.end('SIGKILL')
        await startServer()
        expect(await joining).toMatchObject({ role: 'user' })
        await agreed([creator, server, joiner], 60_000)
        const { devices, uses, status } = await creator.call('invites.poll', { invite: made.invite })
        expect({ devices: devices.length, uses, status }).toEqual({ devices: 1, uses: 1, status: 'exhausted' })
        expect(await members(creator)).toHaveLength(3 + round)
        await joiner.end()
      }
    },
  )

  it(
    'sec/K6 axd init with a code: no file of the node and no line of its log has the code once it was used',
    { timeout: 60_000 },
    async () => {
      const creator = await cast.start('creator')
      await creator.call('teams.create', { name: 'herd', deviceName: 'creator' })
      const { code } = await creator.call('invites.create', { withKey: true })
      const secret = code.slice('hyrax-invite1:'.length, 'hyrax-invite1:'.length + 32)
      const file = `${cast.directory}/code`
      writeFileSync(file, code, { mode: 0o600 })
      const joiner = cast.make('joiner', '')
      expect((await joiner.launch({ options: ['init', '--join', `@${file}`] })).status).toBe(0)
      expect(joiner.output).not.toContain(secret)
      expect(statSync(joiner.path('join-line')).mode & 0o777).toBe(0o600)
      await joiner.start()
      await eventually(async () => (await joiner.call('teams.ls', {})).teams[0]?.role === 'user', 'a member')
      await eventually(() => !readdirSync(joiner.directory).includes('join-line'), 'the code is deleted')
      await creator.end()
      await joiner.end()
      for (const daemon of [creator, joiner]) {
        expect(daemon.output).not.toContain(secret)
        const files = readdirSync(daemon.directory, { recursive: true, withFileTypes: true }).filter((one) =>
          one.isFile(),
        )
        for (const one of files) {
          const text = readFileSync(`${one.parentPath}/${one.name}`)
          expect(text.includes(secret), `${one.parentPath}/${one.name}`).toBe(false)
        }
      }
    },
  )

  it('sec/I1 attempts are counted by the address they come from, whoever makes them', { timeout: 60_000 }, async () => {
    const creator = await cast.start('creator')
    await creator.call('teams.create', { name: 'herd', deviceName: 'creator' })
    const { code } = await creator.call('invites.create', {})
    const line = parseInviteLine(code)
    const [first, second] = [await cast.start('first'), await cast.start('second')]
    const attempt = (daemon: Daemon, text: string) =>
      codeOf(daemon.call('invites.join', { code: text, waitSeconds: 0 }))
    for (let tries = 0; tries < limits.inviteAttemptsPerMinuteMax; tries++) {
      const guess = formatInviteLine({ ...line, code: generateInviteCode(systemRandom) })
      expect(await attempt(first, guess)).toBe('ERR_TEAM_UNKNOWN_INVITE')
    }
    expect(await attempt(first, code)).toBe('ERR_TEAM_INVITE_BUSY')
    expect(await attempt(second, code)).toBe('ERR_TEAM_INVITE_BUSY')
  })
})
