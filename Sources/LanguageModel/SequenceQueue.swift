import TensorKernels
import Tokenization

/// A completion in the making.
struct GrowingSequence {
  /// Its place among the prompts.
  let index: Int
  /// Its slot in the cache.
  let slot: Int
  let promptLength: Int
  /// The prompt and what has been drawn.
  var tokens: [Int]
  /// How many of the tokens have gone through the model.
  var cached: Int
  var logProbabilities: [Double]
}

/// Who is being sampled, who waits and who is done.
struct SequenceQueue {
  /// The tokens that go through the model together.
  struct Step {
    var tokens: [Int] = []
    var places = CachePlaces()
    /// The row of each active sequence's last token.
    var lastRows: [Int] = []
  }

  private let prompts: [[Int]]
  /// Sequences in flight at once.
  let slots: Int
  private let maximumTokens: Int
  private var freeSlots: [Int]
  private var admitted = 0
  private(set) var active: [GrowingSequence] = []
  /// The completions by prompt, nil while they grow.
  private(set) var finished: [Sampled?]

  init(prompts: [[Int]], slots: Int, maximumTokens: Int) {
    self.prompts = prompts
    self.slots = min(slots, prompts.count)
    self.maximumTokens = maximumTokens
    freeSlots = (0..<self.slots).reversed()
    finished = [Sampled?](repeating: nil, count: prompts.count)
  }

  /// Gives free slots to waiting prompts; false once nothing is left to do.
  mutating func admit() -> Bool {
    while admitted < prompts.count, let slot = freeSlots.popLast() {
      let prompt = prompts[admitted]
      active.append(
        GrowingSequence(
          index: admitted, slot: slot, promptLength: prompt.count, tokens: prompt, cached: 0,
          logProbabilities: []))
      admitted += 1
    }
    return !active.isEmpty
  }

  /// All tokens that the model has not seen: whole prompts at first, then one token per sequence.
  mutating func nextStep() -> Step {
    var step = Step()
    for i in active.indices {
      let sequence = active[i]
      for position in sequence.cached..<sequence.tokens.count {
        step.tokens.append(sequence.tokens[position])
        step.places.append(slot: sequence.slot, position: position)
      }
      step.lastRows.append(step.tokens.count - 1)
      active[i].cached = sequence.tokens.count
    }
    return step
  }

  /// Appends a token to each active sequence and retires those that are complete.
  mutating func extend(by draws: [TokenDraw], endToken: Int) {
    var complete: [Int] = []
    for (i, draw) in draws.enumerated() {
      active[i].tokens.append(draw.token)
      active[i].logProbabilities.append(draw.logProbability)
      let ended = draw.token == endToken
      guard ended || active[i].logProbabilities.count == maximumTokens else { continue }
      retire(active[i], ended: ended)
      complete.append(i)
    }
    for i in complete.reversed() { active.remove(at: i) }
  }

  private mutating func retire(_ sequence: GrowingSequence, ended: Bool) {
    freeSlots.append(sequence.slot)
    let completion = Array(sequence.tokens.dropFirst(sequence.promptLength))
    finished[sequence.index] = Sampled(
      sequence: TokenSequence(prompt: prompts[sequence.index], completion: completion),
      logProbabilities: sequence.logProbabilities, ended: ended)
  }
}
