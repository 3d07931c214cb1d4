import { describe, expect, it } from 'vitest'
import { isPlanted, planted } from '../../src/team/planted.ts'
import { filesBelow, textOf } from './source.ts'

const others = [...filesBelow('src', /\.ts$/), ...filesBelow('bin', /\.cjs$/)].filter(
  (file) => file !== 'src/team/planted.ts',
)

describe('planted bugs', () => {
  it('are switched on by tests alone: the product asks for them and never sets one', () => {
    const readers = others.filter((file) => textOf(file).includes('planted'))
    expect(readers.length).toBeGreaterThan(0)
    expect(
      readers.filter((file) => /\bplanted\b(?!\.ts')/.test(textOf(file).replaceAll(/\/\*\*?.*?\*\/|\/\/.*$/gms, ''))),
    ).toEqual([])
  })

  it('leave the room through no door', () => {
    expect(textOf('src/team/index.ts')).not.toContain('planted')
    expect(planted.size).toBe(0)
    expect(isPlanted('no-fork-rule')).toBe(false)
  })
})
