let context: AudioContext | null = null

/** Browsers allow sound only after the person did something: call this on the first click or key. */
export function unlockSound(): void {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume()
}

function tone(audio: AudioContext, frequency: number, start: number, length: number): void {
  const oscillator = audio.createOscillator()
  const gain = audio.createGain()
  oscillator.type = 'sine'
  oscillator.frequency.value = frequency
  gain.gain.setValueAtTime(0, start)
  gain.gain.linearRampToValueAtTime(0.09, start + 0.015)
  gain.gain.exponentialRampToValueAtTime(0.0001, start + length)
  oscillator.connect(gain).connect(audio.destination)
  oscillator.start(start)
  oscillator.stop(start + length)
}

const TUNES = {
  message: [[660, 0, 0.18], [880, 0.09, 0.28]],
  offer: [[523, 0, 0.2], [659, 0.11, 0.2], [784, 0.22, 0.4]],
} as const

/** Play a short, soft tune made on the spot; `seq` lets only one of several tabs play it. */
export function play(tune: keyof typeof TUNES, seq: number): void {
  if (!context || context.state !== 'running' || alreadyPlayed(seq)) return
  const start = context.currentTime
  for (const [frequency, after, length] of TUNES[tune]) tone(context, frequency, start + after, length)
}

function alreadyPlayed(seq: number): boolean {
  const last = Number(localStorage.getItem('hub.sounded') ?? 0)
  if (last === seq) return true
  localStorage.setItem('hub.sounded', String(seq))
  return false
}
