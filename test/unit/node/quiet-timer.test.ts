import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createQuietTimer } from '../../../src/node/quiet-timer.ts'

describe('a quiet timer', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function start() {
    const fire = vi.fn()
    return { fire, timer: createQuietTimer({ quietMs: 200, mostMs: 1_000 }, fire) }
  }

  it('fires once, when the signs have stopped', () => {
    const { fire, timer } = start()
    timer.sign()
    vi.advanceTimersByTime(150)
    timer.sign()
    vi.advanceTimersByTime(199)
    expect(fire).not.toHaveBeenCalled()
    expect(timer.isWaiting()).toBe(true)
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledTimes(1)
    expect(timer.isWaiting()).toBe(false)
    vi.advanceTimersByTime(10_000)
    expect(fire).toHaveBeenCalledTimes(1)
  })

  it('fires at the latest so long after the first sign, however many follow', () => {
    const { fire, timer } = start()
    for (let ms = 0; ms < 2_000; ms += 100) {
      timer.sign()
      vi.advanceTimersByTime(100)
    }
    expect(fire).toHaveBeenCalledTimes(2)
  })

  it('does not fire after cancel', () => {
    const { fire, timer } = start()
    timer.sign()
    timer.cancel()
    vi.advanceTimersByTime(5_000)
    expect(fire).not.toHaveBeenCalled()
    expect(timer.isWaiting()).toBe(false)
  })
})
