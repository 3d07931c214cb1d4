import { describe, expect, it } from 'vitest'
import { cidrHolds, isLoopback, parseCidr } from '../../../src/settings/index.ts'

describe('ranges', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['192.0.2.128/25', '192.0.2.200', true],
    ['192.0.2.128/25', '192.0.2.100', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['192.0.2.7/32', '::ffff:192.0.2.7', true],
    ['fd00::/8', 'fdab::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::/0', '::1', true],
    ['10.0.0.0/8', 'no address', false],
  ])('%s and %s: %s', (range, address, holds) => {
    const cidr = parseCidr(range)
    expect(cidr !== undefined && cidrHolds(cidr, address)).toBe(holds)
  })

  it.each([
    '10.0.0.1/8',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '010.0.0.0/8',
    '10.0.0/8',
    'fd00::1/8',
    'FD00::/8',
    'fd00:0::/8',
    'fd00::/129',
    ':::/0',
    '::ffff:1.2.3.4/128',
    '::1::/64',
    '10.0.0.0/8/8',
    '',
    '/',
  ])('refuses %s, which is not canonical', (text) => {
    expect(parseCidr(text)).toBeUndefined()
  })

  it('knows loopback in every spelling', () => {
    const spellings = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1', '::1%lo']
    expect(spellings.filter((address) => !isLoopback(address))).toEqual([])
    expect(['::2', '128.0.0.1', '::ffff:128.0.0.1', '1::1', '', 'localhost'].filter(isLoopback)).toEqual([])
  })
})
