import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectedPattern, openShell, ownNetwork, readCommands, type Shell } from './console-page.ts'

/** A page whose commands do not work is worse than none: here they are typed, one after the other, as they stand. */
if (!ownNetwork) console.log('skipped: the commands of the pages (they name ports, and need a network of their own)')

const pages = [
  'quickstart',
  'tutorial',
  'how-to/onboarding',
  'how-to/governed-swarm',
  'how-to/rights',
  'how-to/keys',
].map((name) => `docs/${name}.md`)

describe.skipIf(!ownNetwork).each(pages)('%s', (page) => {
  let shell: Shell
  beforeAll(() => {
    shell = openShell()
  })
  afterAll(() => shell.close())

  let broken = false
  it.each(readCommands(page).map((typed) => [typed.line, typed] as const))('$ %s', async (_, typed) => {
    expect(broken, 'an earlier command of the page failed').toBe(false)
    broken = true
    const { status, output } = await shell.run(typed)
    if (typed.expected.length > 0) expect(output).toMatch(expectedPattern(typed.expected))
    const refused = typed.expected.some((line) => line.startsWith('[ERR_'))
    expect(refused ? status !== 0 : status, output).toBe(refused ? true : 0)
    broken = false
  })
})
