import Datasets
import Foundation
import Testing

@Suite struct SeedTests {
  private let seed = Seed(2024)

  /// Known answers of Fowler, Noll and Vo's test suite.
  @Test(arguments: [
    ("", 0xCBF2_9CE4_8422_2325 as UInt64), ("a", 0xAF63_DC4C_8601_EC8C),
    ("foobar", 0x8594_4171_F739_67E8),
  ])
  func namesAreHashedByFNV1a(name: String, expected: UInt64) {
    #expect(stableHash(name) == expected)
  }

  @Test func aDrawIsTheDocumentedFunctionOfItsName() {
    func block(_ key: SIMD2<UInt32>, _ number: UInt64) -> SIMD2<UInt32> {
      Threefry2x32.block(
        key: key, counter: SIMD2(UInt32(number >> 32), UInt32(number & 0xFFFF_FFFF)))
    }
    let purpose = block(SIMD2(0, 2024), stableHash("purpose:rollouts"))
    let bits = Threefry2x32.block(key: block(purpose, 3), counter: SIMD2(5, 7))
    let expected = Double((UInt64(bits.x) << 32 | UInt64(bits.y)) >> 11) / 0x1p53
    #expect(seed.uniform(for: "rollouts", step: 3, index: 5, position: 7) == expected)
  }

  @Test func theStreamAndTheGeneratorGiveTheSameDraws() {
    let stream = UniformStream(seed: seed, purpose: "rollouts", step: 3)
    for index in 0..<4 {
      var generator = seed.generator(for: "rollouts", step: 3, index: index)
      for position in 0..<10 {
        let draw = seed.uniform(for: "rollouts", step: 3, index: index, position: position)
        #expect(generator.uniform() == draw)
        #expect(stream(index, position) == draw)
      }
    }
  }

  @Test func drawsUnderOnePurposeMoveNoOther() {
    var alone = seed.generator(for: "prompts")
    let expected = (0..<100).map { _ in alone.next() }
    var other = seed.generator(for: "labels")
    var again = seed.generator(for: "prompts")
    var mixed: [UInt64] = []
    for i in 0..<100 {
      for _ in 0..<(i % 3) { _ = other.next() }
      mixed.append(again.next())
    }
    #expect(mixed == expected)
  }

  @Test func everyPartOfTheNameCounts() {
    let base = seed.uniform(for: "a", step: 1, index: 2, position: 3)
    let others = [
      Seed(2025).uniform(for: "a", step: 1, index: 2, position: 3),
      seed.uniform(for: "b", step: 1, index: 2, position: 3),
      seed.uniform(for: "a", step: 2, index: 2, position: 3),
      seed.uniform(for: "a", step: 1, index: 3, position: 3),
      seed.uniform(for: "a", step: 1, index: 2, position: 4),
      // The same numbers in other places.
      seed.uniform(for: "a", step: 3, index: 2, position: 1),
      seed.uniform(for: "a", step: 1, index: 3, position: 2),
      seed.uniform(for: "a", step: 2, index: 1, position: 3),
    ]
    #expect(Set(others + [base]).count == others.count + 1)
  }

  @Test func derivedSeedsAreTheirOwn() {
    #expect(seed.derived("data") == seed.derived("data"))
    let names = ["data", "sft", "reward", "ppo", "dpo", ""]
    let seeds = names.map { seed.derived($0).value } + [seed.value]
    #expect(Set(seeds).count == seeds.count)
    // Deriving hashes the name with a word of its own before it, so that the key of a derived seed
    // is never the key of a purpose.
    let hash = stableHash("seed:data")
    let counter = SIMD2(UInt32(hash >> 32), UInt32(truncatingIfNeeded: hash))
    let block = Threefry2x32.block(key: SIMD2(0, 2024), counter: counter)
    #expect(seed.derived("data").value == UInt64(block.x) << 32 | UInt64(block.y))
  }

  @Test func neighbouringSeedsAndPurposesAreUncorrelated() {
    let count = 20_000
    let pairs: [(UniformStream, UniformStream)] = [
      (UniformStream(seed: Seed(1), purpose: "x"), UniformStream(seed: Seed(2), purpose: "x")),
      (UniformStream(seed: seed, purpose: "x1"), UniformStream(seed: seed, purpose: "x2")),
      (
        UniformStream(seed: seed, purpose: "x", step: 1),
        UniformStream(seed: seed, purpose: "x", step: 2)
      ),
    ]
    for (a, b) in pairs {
      let products = (0..<count).map { (a($0, 0) - 0.5) * (b($0, 0) - 0.5) }
      // The product of two centred uniforms has mean 0 and standard deviation 1/12.
      let mean = products.reduce(0, +) / Double(count)
      #expect(abs(mean) < 4 / 12 / Double(count).squareRoot())
    }
  }

  @Test func seedsAreWrittenAsPlainNumbers() throws {
    let seeds = [Seed(7), Seed(.max)]
    let data = try JSONEncoder().encode(seeds)
    #expect(String(decoding: data, as: UTF8.self) == "[7,18446744073709551615]")
    #expect(try JSONDecoder().decode([Seed].self, from: data) == seeds)
  }
}
