import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLifetime } from '../../../src/base/index.ts'
import { openDataDirectory } from '../../../src/node/data-directory.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'

let files: NodeFiles
beforeEach(() => {
  files = createNodeFiles()
})
afterEach(() => {
  files.remove()
})

describe('a data directory', () => {
  it('fault/R13: is made, held by one, and free again after the stop', async () => {
    const [first, second] = [createLifetime(), createLifetime()]
    const directory = files.path('made', 'here')
    await openDataDirectory(directory, first)
    expect(readFileSync(`${directory}/axd.pid`, 'utf8').trim()).toBe(String(process.pid))
    const refused = await expectCodeLater('ERR_NODE_LOCKED', openDataDirectory(directory, second))
    expect(refused.message).toContain(`pid ${String(process.pid)}`)
    await second.stop()
    expect(existsSync(`${directory}/axd.pid`)).toBe(true)
    await first.stop()
    expect(existsSync(`${directory}/axd.pid`)).toBe(false)
    const third = createLifetime()
    await openDataDirectory(directory, third)
    await third.stop()
  })

  it('fault/R13: the pid serves the message alone: a stale, strange or missing one changes nothing', async () => {
    for (const text of ['999999\n', 'nonsense', '1'.repeat(10_000)]) {
      writeFileSync(files.path('axd.pid'), text)
      const lifetime = createLifetime()
      await openDataDirectory(files.directory, lifetime)
      await lifetime.stop()
    }
    const holder = createLifetime()
    await openDataDirectory(files.directory, holder)
    rmSync(files.path('axd.pid'))
    const refused = await expectCodeLater('ERR_NODE_LOCKED', openDataDirectory(files.directory, createLifetime()))
    expect(refused.message).not.toContain('pid')
    writeFileSync(files.path('axd.pid'), '\u001b[2J\u202e')
    const again = await expectCodeLater('ERR_NODE_LOCKED', openDataDirectory(files.directory, createLifetime()))
    expect(again.message).not.toContain('\u001b')
    await holder.stop()
  })

  it('in which others can write is refused', async () => {
    chmodSync(files.directory, 0o777)
    await expectCodeLater('ERR_FILES_MODE', openDataDirectory(files.directory, createLifetime()))
  })
})
