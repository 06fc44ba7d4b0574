// Which of the engine's modules this browser takes.

// A module of one function that holds `f32x4.relaxed_madd`; browsers without it refuse the bytes.
const RELAXED_SIMD = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b, // type: (v128, v128, v128) -> v128
  0x03, 0x02, 0x01, 0x00, // one function of that type
  0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b,
);

/** Folders of `pkg/`: the one for a single thread, before it the one for several if the page may have them. */
export function modulesFor(threads) {
  if (!WebAssembly.validate(RELAXED_SIMD)) return ['baseline'];
  return threads > 1 && self.crossOriginIsolated ? ['threads', 'relaxed-simd'] : ['relaxed-simd'];
}
