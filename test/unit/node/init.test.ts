import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatInviteLine, formatJoinLine, formatSwarmKey, idText } from '../../../src/codec/index.ts'
import {
  generateIdentity,
  generateInviteCode,
  generateSwarmKey,
  openKeys,
  swarmKeyFingerprint,
  systemRandom,
  type Keys,
} from '../../../src/keys/index.ts'
import { checkNode } from '../../../src/node/check.ts'
import { initNode } from '../../../src/node/init.ts'
import type { DaemonOptions } from '../../../src/node/options.ts'
import { parseSettings } from '../../../src/settings/index.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'

let keys: Keys
let files: NodeFiles
beforeAll(async () => {
  keys = await openKeys()
})
beforeEach(() => {
  files = createNodeFiles()
})
afterEach(() => {
  files.remove()
})

const init = (options: Partial<DaemonOptions> = {}) => initNode({ ...files.options, ...options })
const left = () => readdirSync(files.directory, { recursive: true }).map(String).sort()

describe('axd init', () => {
  it('makes keys and swarm key and says what they are, but no secret', async () => {
    const said = await init()
    expect(said).toMatch(/^PeerId: 12D3KooW\w+$/m)
    expect(said).toMatch(/^Swarm key fingerprint: [0-9a-f]{32}$/m)
    const secret = /[0-9a-f]{64}/.exec(readFileSync(files.path('swarm.key'), 'utf8'))?.[0] ?? ''
    expect(secret).toHaveLength(64)
    expect(said).not.toContain(secret)
    for (const name of ['keys/node.key', 'swarm.key']) expect(statSync(files.path(name)).mode & 0o777).toBe(0o600)
  })

  it('leaves a node alone that is there', async () => {
    await init()
    const before = readFileSync(files.path('keys/node.key'))
    await expectCodeLater('ERR_NODE_INITIALIZED', init())
    expect(readFileSync(files.path('keys/node.key'))).toEqual(before)
  })

  it('puts the first admin keys in', async () => {
    const [one, two] = [generateIdentity(systemRandom).axKey, generateIdentity(systemRandom).axKey]
    const said = await init({ authorize: [one, `role=reader ${two} from the office`] })
    expect(said).toContain(`Authorized ${one}`)
    const tree = parseSettings(readFileSync(files.path('settings.yaml'), 'utf8'), { keys })
    expect(JSON.stringify([...tree.values()])).toContain('from the office')
  })

  it.each([
    ['an admin key that is none', { authorize: ['0nonsense'] }],
    ['a join line that is none', { join: 'nonsense' }],
    ['a join line in a file that is not there', { join: '@/nowhere/line' }],
    ['a swarm key that is not there', { swarmKeyFile: '/nowhere/key' }],
  ])('%s stops it before anything is made', async (_, options) => {
    await expect(init(options)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(?!INTERNAL)/) })
    expect(left()).toEqual([])
  })
})

describe('axd init --join', () => {
  const key = generateSwarmKey(systemRandom)
  const peer = generateIdentity(systemRandom).peer
  const plain = { peer, addresses: ['/ip4/192.0.2.7/tcp/4001'], fingerprint: swarmKeyFingerprint(key) }

  function keyFile(value = key): string {
    writeFileSync(files.path('given'), formatSwarmKey(value, 'file'), { mode: 0o600 })
    return files.path('given')
  }

  it('takes peer and addresses over, with the swarm key that fits', async () => {
    const said = await init({ join: formatJoinLine(plain), swarmKeyFile: keyFile() })
    expect(said).toContain(`Initial peers: /ip4/192.0.2.7/tcp/4001/p2p/${peer}`)
    expect(readFileSync(files.path('settings.yaml'), 'utf8')).toContain(peer)
    expect(said).toContain(plain.fingerprint)
  })

  it('refuses another swarm key, and none; nothing is made', async () => {
    const swarmKeyFile = keyFile(generateSwarmKey(systemRandom))
    await expectCodeLater('ERR_SWARM_WRONG_KEY', init({ join: formatJoinLine(plain), swarmKeyFile }))
    await expectCodeLater('ERR_SWARM_WRONG_KEY', init({ join: formatJoinLine(plain) }))
    expect(left()).toEqual(['given'])
  })

  it('sec/K6: takes a line with the key in it from a file, never from argv', async () => {
    const line = formatJoinLine({ ...plain, key })
    await expectCodeLater('ERR_CLI_SECRET_IN_ARGV', init({ join: line }))
    expect(left()).toEqual([])
    writeFileSync(files.path('line'), `${line}\n`, { mode: 0o600 })
    const said = await init({ join: `@${files.path('line')}` })
    expect(said).toContain(plain.fingerprint)
    expect(said).not.toContain(Buffer.from(key).toString('hex'))
  })

  it('keeps the line for the first start where it names a team, 0600 and without the swarm key', async () => {
    const team = systemRandom.bytes(32)
    const said = await init({ join: formatJoinLine({ ...plain, team }), swarmKeyFile: keyFile() })
    expect(said).toContain(`Team: ${idText('team', team)}.`)
    expect(readFileSync(files.path('join-line'), 'utf8')).toBe(`${formatJoinLine({ ...plain, team })}\n`)
    expect(statSync(files.path('join-line')).mode & 0o777).toBe(0o600)
  })

  it('sec/K6 takes an invite code from a file alone, and keeps it where nobody else reads it', async () => {
    const invite = { ...plain, team: systemRandom.bytes(32), code: generateInviteCode(systemRandom) }
    const text = formatInviteLine({ ...invite, key })
    await expectCodeLater('ERR_CLI_SECRET_IN_ARGV', init({ join: formatInviteLine(invite), swarmKeyFile: keyFile() }))
    writeFileSync(files.path('line'), `${text}\n`, { mode: 0o600 })
    const said = await init({ join: `@${files.path('line')}` })
    expect(said).toContain(plain.fingerprint)
    expect(said).not.toContain(text.slice(14, 46))
    expect(readFileSync(files.path('join-line'), 'utf8')).toBe(`${formatInviteLine(invite)}\n`)
    expect(statSync(files.path('join-line')).mode & 0o777).toBe(0o600)
  })

  it('finds out that a character of the code was lost before anything is made', async () => {
    const code = generateInviteCode(systemRandom).map((byte, at) => (at === 19 ? byte ^ 1 : byte))
    const text = formatInviteLine({ ...plain, team: systemRandom.bytes(32), code, key })
    writeFileSync(files.path('line'), text, { mode: 0o600 })
    await expectCodeLater('ERR_TEAM_INVITE_CODE_INVALID', init({ join: `@${files.path('line')}` }))
    expect(left()).toEqual(['line'])
  })
})

describe('axd check', () => {
  async function check(): Promise<{ status: number; said: string }> {
    const lines: string[] = []
    const status = await checkNode(files.options, (line) => lines.push(line))
    return { status, said: lines.join('\n') }
  }

  it('on an empty directory says what a start would make, and makes nothing', async () => {
    const { status, said } = await check()
    expect([status, left()]).toEqual([0, []])
    expect(said).toContain('the first start makes')
  })

  it('device keys are counted, and a list of them that a start would refuse is named', async () => {
    await init()
    expect((await check()).said).toContain('device keys: 2 active, 0 retired')
    writeFileSync(files.path('keys', 'ring.json'), '{}', { mode: 0o600 })
    const { status, said } = await check()
    expect(status).not.toBe(0)
    expect(said).toContain('ERROR device keys: [ERR_KEYS_FILE]')
  })

  it('a ring of swarm keys that a start would refuse is named', async () => {
    await init()
    expect((await check()).said).toContain('swarm-ring: 0 older keys accepted, 0 retired')
    writeFileSync(files.path('swarm-ring'), 'what is this\n', { mode: 0o600 })
    const { status, said } = await check()
    expect([status, said]).toEqual([2, expect.stringContaining('swarm-ring: [ERR_SWARM_KEY_FORMAT]')])
  })

  it('on a node says who it is, and opens nothing', async () => {
    await init()
    const before = left()
    const { status, said } = await check()
    expect(status).toBe(0)
    expect(said).toMatch(/12D3KooW\w+/)
    expect(left()).toEqual(before)
    expect(existsSync(files.path('store'))).toBe(false)
  })

  it('says what axd init --join left, and not the code', async () => {
    const key = generateSwarmKey(systemRandom)
    const line = {
      peer: generateIdentity(systemRandom).peer,
      addresses: ['/ip4/192.0.2.7/tcp/4001'],
      fingerprint: swarmKeyFingerprint(key),
      team: systemRandom.bytes(32),
      key,
    }
    const text = formatInviteLine({ ...line, code: generateInviteCode(systemRandom) })
    writeFileSync(files.path('line'), text, { mode: 0o600 })
    await init({ join: `@${files.path('line')}` })
    const { status, said } = await check()
    expect([status, said.includes(text.slice(14, 46))]).toEqual([0, false])
    expect(said).toContain(`the next start joins ${idText('team', line.team)} by an invite`)
    chmodSync(files.path('join-line'), 0o644)
    expect(await check()).toMatchObject({ status: 0, said: expect.stringContaining('WARN  join-line: unreadable') })
  })

  it('names everything that is wrong at once, and has the status a start would have', async () => {
    await init()
    writeFileSync(files.path('settings.yaml'), 'log:\n  level: LOUD\n')
    writeFileSync(files.path('swarm.key'), 'nonsense\n')
    writeFileSync(files.path('permissioned-nodes.json'), '[')
    mkdirSync(files.path('static-nodes.json'))
    const { status, said } = await check()
    expect(status).not.toBe(0)
    for (const text of ['[ERR_SETTINGS_INVALID]', '[ERR_SWARM_KEY_FORMAT]', 'permissioned-nodes.json: unreadable']) {
      expect(said).toContain(text)
    }
    expect(said).not.toMatch(/^ +at /m)
  })
})
