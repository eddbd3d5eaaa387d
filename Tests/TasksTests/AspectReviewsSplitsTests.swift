import Datasets
import Tasks
import Testing
import Tokenization

@Suite struct AspectReviewsSplitsTests {
  let task: AspectReviews

  init() throws { task = try AspectReviews() }

  /// The topic and the set of aspects: what the splits are about.
  private func request(_ prompt: [Int]) -> (topic: Int, aspects: Set<Int>) {
    (prompt[1], Set(prompt[2..<(prompt.count - 1)]))
  }

  private func prompts(_ split: Split) -> [[Int]] {
    task.prompts(count: 2000, split: split, seed: Seed(21))
  }

  @Test(arguments: Split.allCases)
  func promptsHaveTheirLayout(split: Split) {
    let separator = prompts(split)[0].last
    for prompt in prompts(split) {
      let aspects = request(prompt).aspects
      #expect(prompt.first == task.tokenizer.beginToken)
      #expect(prompt.last == separator && prompt.count <= 7)
      #expect(aspects.count == prompt.count - 3)
      #expect(split == .fourAspects ? aspects.count == 4 : (1...3).contains(aspects.count))
      #expect(task.group(of: prompt) == "|A|=\(aspects.count)")
      #expect(task.split(of: prompt) == split)
    }
  }

  @Test func noPromptIsInTwoSplits() {
    struct Request: Hashable { var topic: Int, aspects: Set<Int> }
    var owner: [Request: Split] = [:]
    for split in Split.allCases {
      for prompt in prompts(split) {
        let found = request(prompt)
        let key = Request(topic: found.topic, aspects: found.aspects)
        #expect(owner[key, default: split] == split)
        owner[key] = split
      }
    }
  }

  @Test func heldOutCombinationsAppearNowhereElse() {
    let heldOut = Set(prompts(.heldOut).map { request($0).aspects })
    for split in [Split.train, .test, .unlabelled] {
      #expect(heldOut.isDisjoint(with: prompts(split).map { request($0).aspects }))
    }
    let demonstrations = task.demonstrations(count: 2000, seed: Seed(22))
    #expect(heldOut.isDisjoint(with: demonstrations.map { request($0.prompt).aspects }))
    #expect(demonstrations.allSatisfy { task.split(of: $0.prompt) == .train })
  }

  @Test func theNumberOfAspectsIsFixedBeforeTheSplit() {
    for split in [Split.train, .test, .heldOut, .unlabelled] {
      for size in 1...3 {
        let hits = prompts(split).count { task.group(of: $0) == "|A|=\(size)" }
        #expect(agrees(hits, of: 2000, with: 1.0 / 3))
      }
    }
  }

  @Test func splitsTakeTheirSharesOfAllPairsOfAspects() throws {
    // Every prompt of two aspects: 10 topics, 24·23/2 = 276 sets.
    let tokenizer = task.tokenizer
    let first = try tokenizer.encode("restaurant food")
    var counts: [Split: Int] = [:]
    for topic in 0..<10 {
      for a in 0..<24 {
        for b in (a + 1)..<24 {
          let prompt = [tokenizer.beginToken, first[0] + topic, first[1] + a, first[1] + b]
          counts[try #require(task.split(of: prompt)), default: 0] += 1
        }
      }
    }
    #expect(agrees(counts[.heldOut, default: 0] / 10, of: 276, with: 0.2))
    #expect(counts[.heldOut, default: 0] % 10 == 0)
    let rest = 2760 - counts[.heldOut, default: 0]
    #expect(agrees(counts[.train, default: 0], of: rest, with: 0.7))
    #expect(agrees(counts[.test, default: 0], of: rest, with: 0.15))
  }

  @Test func orderOfAspectsDoesNotMoveASplitAndOtherTokensHaveNone() throws {
    let a = try task.tokenizer.encode("hotel food view menu :")
    let b = try task.tokenizer.encode("hotel menu food view :")
    #expect(task.split(of: a) == task.split(of: b))
    #expect(task.split(of: []) == nil)
    #expect(task.split(of: [-5, 1_000_000]) == nil)
  }

  @Test func drawsAreAFunctionOfSeedAndIndex() {
    let many = task.prompts(count: 40, split: .train, seed: Seed(1))
    #expect(task.prompts(count: 10, split: .train, seed: Seed(1)) == Array(many.prefix(10)))
    #expect(task.prompts(count: 10, split: .train, seed: Seed(2)) != Array(many.prefix(10)))
    let texts = task.demonstrations(count: 10, seed: Seed(1))
    #expect(texts == Array(task.demonstrations(count: 20, seed: Seed(1)).prefix(10)))
  }
}
