import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits, silentLog } from '../../../src/base/index.ts'
import { formatSwarmKey } from '../../../src/codec/index.ts'
import { generateSwarmKey, swarmKeyFingerprint, systemRandom } from '../../../src/keys/index.ts'
import type { DaemonOptions } from '../../../src/node/options.ts'
import { openSwarmKeyFile } from '../../../src/node/swarm-key-file.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'

const example = path.resolve(import.meta.dirname, '../../../swarm-key.example')

let files: NodeFiles
let said: string[]
let logged: unknown[]
beforeEach(() => {
  files = createNodeFiles()
  said = []
  logged = []
})
afterEach(() => {
  files.remove()
})

const open = (options: Partial<DaemonOptions> = {}, given: { joined?: Uint8Array; expected?: string } = {}) =>
  openSwarmKeyFile(
    { ...files.options, ...options },
    {
      random: systemRandom,
      say: (line) => said.push(line),
      log: { ...silentLog, warn: (...words) => logged.push(words) },
      ...given,
    },
  )
const kept = () => files.path('swarm.key')

function keyFile(name = 'given', mode = 0o600): { path: string; key: Uint8Array } {
  const key = generateSwarmKey(systemRandom)
  writeFileSync(files.path(name), formatSwarmKey(key, 'file'), { mode })
  return { path: files.path(name), key }
}

describe('the swarm key', () => {
  it('is made where there is none, for its owner alone, and stays', async () => {
    const made = await open()
    expect(said).toEqual([`Made a new swarm key: ${kept()}`])
    expect(statSync(kept()).mode & 0o777).toBe(0o600)
    expect((await open()).fingerprint).toBe(made.fingerprint)
    expect(said).toHaveLength(1)
    // What is said names the file, never the key.
    expect(said.join()).not.toContain(Buffer.from(made.key).toString('hex'))
  })

  it('that was given by file is kept for the next start', async () => {
    const given = keyFile()
    expect((await open({ swarmKeyFile: given.path })).key).toEqual(given.key)
    expect((await open()).key).toEqual(given.key)
  })

  it('that is given beside another one is used for this run alone', async () => {
    const first = await open()
    const given = keyFile()
    expect((await open({ swarmKeyFile: given.path })).key).toEqual(given.key)
    expect(said.at(-1)).toMatch(/^Note: /)
    expect((await open()).fingerprint).toBe(first.fingerprint)
  })

  it('must be the one of the join line, else nothing is written', async () => {
    const other = '0'.repeat(32)
    await expectCodeLater('ERR_SWARM_WRONG_KEY', open({}, { expected: other }))
    expect(existsSync(kept())).toBe(false)
    const joined = generateSwarmKey(systemRandom)
    const opened = await open({}, { joined, expected: swarmKeyFingerprint(joined) })
    expect(opened.key).toEqual(joined)
  })

  it('that replaces it counts from the next start', async () => {
    const opened = await open()
    const next = generateSwarmKey(systemRandom)
    expect(await opened.replace(next)).toBe(swarmKeyFingerprint(next))
    expect(opened.fingerprint).not.toBe(swarmKeyFingerprint(next))
    expect((await open()).fingerprint).toBe(swarmKeyFingerprint(next))
  })
})

describe('while a key is rotated', () => {
  const ring = () => files.path('swarm-ring')
  const fresh = () => generateSwarmKey(systemRandom)

  it('both are there after a start, the newest first, for their owner alone', async () => {
    const [opened, next] = [await open(), fresh()]
    const before = opened.key
    expect(await opened.turn(next)).toBe(true)
    expect(await opened.turn(next)).toBe(false)
    expect(opened.keys).toEqual([next, before])
    expect((await open()).keys).toEqual([next, before])
    expect(statSync(ring()).mode & 0o777).toBe(0o600)
    expect(readFileSync(kept(), 'utf8')).toBe(formatSwarmKey(next, 'file'))
  })

  it('the older one is retired, and the newest is not', async () => {
    const [opened, next] = [await open(), fresh()]
    const old = opened.fingerprint
    await opened.turn(next)
    await expectCodeLater('ERR_INVALID_NODE_STATE', opened.retire(swarmKeyFingerprint(next)))
    expect(await opened.retire('0'.repeat(32))).toBe(false)
    expect(await opened.retire(old)).toBe(true)
    expect([opened.keys, opened.isRetired(old)]).toEqual([[next], true])
    const again = await open()
    expect([again.keys, again.isRetired(old)]).toEqual([[next], true])
  })

  it('--swarm-key-file with the key before it neither brings it back in front nor, once retired, at all', async () => {
    const [given, next] = [keyFile(), fresh()]
    const opened = await open({ swarmKeyFile: given.path })
    await opened.turn(next)
    expect((await open({ swarmKeyFile: given.path })).keys).toEqual([next, given.key])
    expect(said.at(-1)).toMatch(/^Note: .*older/)
    await opened.retire(swarmKeyFingerprint(given.key))
    expect((await open({ swarmKeyFile: given.path })).keys).toEqual([next])
    expect(said.at(-1)).toMatch(/^Note: .*retired/)
  })

  it('another key by option or import takes nothing of the ring along', async () => {
    const [opened, next, other] = [await open(), fresh(), keyFile('other')]
    await opened.turn(next)
    expect((await open({ swarmKeyFile: other.path })).keys).toEqual([other.key])
    const imported = fresh()
    await opened.replace(imported)
    await expectCodeLater('ERR_INVALID_NODE_STATE', opened.turn(fresh()))
    expect((await open()).keys).toEqual([imported])
  })

  it('a key that comes back by hand is no longer retired', async () => {
    const [opened, next] = [await open(), fresh()]
    const old = opened.key
    await opened.turn(next)
    await opened.retire(swarmKeyFingerprint(old))
    await opened.turn(old)
    expect([opened.keys, opened.isRetired(swarmKeyFingerprint(old))]).toEqual([[old, next], false])
  })

  it('fault/R1: a node that dies between the two files has the old key in front, and can turn again', async () => {
    const [opened, next] = [await open(), fresh()]
    const [old, before] = [opened.key, readFileSync(kept())]
    await opened.turn(next, 'team_bherd')
    // The ring is written first: this is what a crash before the second write leaves.
    writeFileSync(kept(), before)
    const again = await open()
    expect(again.keys).toEqual([old])
    await again.turn(next, 'team_bherd')
    expect((await open()).keys).toEqual([next, old])
  })

  it('at most as many as the limit says are kept, the newest of them', async () => {
    const opened = await open()
    const all = Array.from({ length: limits.swarmKeysMax + 2 }, fresh)
    for (const key of all) await opened.turn(key)
    expect(opened.keys).toEqual(all.slice(-limits.swarmKeysMax).reverse())
    expect((await open()).keys).toHaveLength(limits.swarmKeysMax)
  })

  it('a ring file that is not in order is refused, and the key is not in the message', async () => {
    const opened = await open()
    await opened.turn(fresh())
    writeFileSync(ring(), `accepted ${formatSwarmKey(fresh(), 'base64')} more\n`)
    await expectCodeLater('ERR_SWARM_KEY_FORMAT', open())
    chmodSync(ring(), 0o644)
    await expectCodeLater('ERR_FILES_MODE', open())
  })
})

describe('a key that everybody has', () => {
  it('is refused, and nothing is kept', async () => {
    await expectCodeLater('ERR_SWARM_KEY_PUBLIC', open({ swarmKeyFile: example }))
    expect(existsSync(kept())).toBe(false)
  })

  it('is taken where this is a test, and that is logged and remembered as published', async () => {
    const opened = await open({ swarmKeyFile: example, allowPublishedSwarmKey: true })
    expect(opened.published).toBe(true)
    expect(logged).toHaveLength(1)
    await expectCodeLater('ERR_SWARM_KEY_PUBLIC', open())
  })

  it('replaces no other one', async () => {
    const opened = await open()
    const before = readFileSync(kept())
    await expectCodeLater('ERR_SWARM_KEY_PUBLIC', opened.replace(new Uint8Array(32)))
    expect(readFileSync(kept())).toEqual(before)
  })
})

describe('sec/K3: a swarm key file that is not in order', () => {
  it.each([
    [
      'readable by others',
      'ERR_FILES_MODE',
      (file: string) => {
        chmodSync(file, 0o644)
      },
    ],
    [
      'truncated',
      'ERR_SWARM_KEY_FORMAT',
      (file: string) => {
        writeFileSync(file, readFileSync(file).subarray(0, 60))
      },
    ],
    [
      'with another first line',
      'ERR_SWARM_KEY_FORMAT',
      (file: string) => {
        writeFileSync(file, readFileSync(file, 'utf8').replace('1.0.0', '2.0.0'))
      },
    ],
    [
      'much too long',
      'ERR_FILES_SIZE',
      (file: string) => {
        writeFileSync(file, 'a'.repeat(10_000))
      },
    ],
  ] as const)('%s is refused, given or kept', async (_, code, spoil) => {
    const given = keyFile()
    spoil(given.path)
    await expectCodeLater(code, open({ swarmKeyFile: given.path }))
    expect(existsSync(kept())).toBe(false)
    await open()
    spoil(kept())
    const before = readFileSync(kept())
    await expectCodeLater(code, open())
    expect(readFileSync(kept())).toEqual(before)
  })

  it('behind a symbolic link is refused, and the link is not replaced by a new key', async () => {
    keyFile('elsewhere')
    symlinkSync('elsewhere', kept())
    const before = readFileSync(files.path('elsewhere'))
    await expectCodeLater('ERR_FILES_MODE', open())
    await expectCodeLater('ERR_FILES_MODE', open({ swarmKeyFile: kept() }))
    expect(readFileSync(kept())).toEqual(before)
  })

  it('that is missing is refused where it was named', async () => {
    await expectCodeLater('ERR_PATH_INVALID', open({ swarmKeyFile: files.path('nowhere') }))
  })
})
