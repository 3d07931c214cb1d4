import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askPassphrase, readPassphraseFile } from '../../../src/node/passphrase.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'

let files: NodeFiles
beforeEach(() => {
  files = createNodeFiles()
})
afterEach(() => {
  files.remove()
})

describe('a passphrase file', () => {
  it.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' with spaces \n', ' with spaces '],
    ['two\nlines\n', 'two\nlines'],
    ['\u00fc\u{1f42d}\n', '\u00fc\u{1f42d}'],
  ])('%j is %j', async (text, passphrase) => {
    writeFileSync(files.path('p'), text, { mode: 0o600 })
    expect(new TextDecoder().decode(await readPassphraseFile(files.path('p')))).toBe(passphrase)
  })

  it.each(['', '\n', '\r\n'])('%j is no passphrase', async (text) => {
    writeFileSync(files.path('p'), text, { mode: 0o600 })
    await expectCodeLater('ERR_INVALID_INPUT', readPassphraseFile(files.path('p')))
  })

  it('is refused where it is loose, linked, too long, a directory or missing', async () => {
    writeFileSync(files.path('loose'), 'x', { mode: 0o644 })
    writeFileSync(files.path('long'), 'x'.repeat(5_000), { mode: 0o600 })
    writeFileSync(files.path('fine'), 'x', { mode: 0o600 })
    symlinkSync('fine', files.path('link'))
    mkdirSync(files.path('directory'))
    await expectCodeLater('ERR_FILES_MODE', readPassphraseFile(files.path('loose')))
    await expectCodeLater('ERR_FILES_SIZE', readPassphraseFile(files.path('long')))
    await expectCodeLater('ERR_FILES_MODE', readPassphraseFile(files.path('link')))
    await expectCodeLater('ERR_FILES_MODE', readPassphraseFile(files.path('directory')))
    await expectCodeLater('ERR_PATH_INVALID', readPassphraseFile(files.path('nowhere')))
  })
})

describe('asking', () => {
  it('asks nobody where there is no terminal', async () => {
    expect(process.stdin.isTTY && process.stderr.isTTY ? undefined : await askPassphrase('? ')).toBeUndefined()
  })
})
