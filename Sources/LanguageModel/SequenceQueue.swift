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
///
/// Completions of equal prompts read the prompt once: the first of them runs it, the others get a copy of
/// its keys and values, as long as the slot that holds them was not given to another prompt.
struct SequenceQueue {
  /// The tokens that go through the model together.
  struct Step {
    /// What slots get of their prompts before the tokens run, in this order.
    var copiesBefore: [CachedPrompt] = []
    var tokens: [Int] = []
    var places = CachePlaces()
    /// The row of each active sequence's last token.
    var lastRows: [Int] = []
    /// What slots get of the prompts that ran with this step.
    var copiesAfter: [CachedPrompt] = []
  }

  /// The first positions of one slot, which another slot gets.
  struct CachedPrompt: Equatable {
    let source, target, positions: Int
  }

  private let prompts: [[Int]]
  /// The first place at which each prompt stands among the prompts.
  private let firstPlaces: [Int]
  /// Sequences in flight at once.
  let slots: Int
  private let maximumTokens: Int
  private var freeSlots: [Int]
  private var admitted = 0
  private(set) var active: [GrowingSequence] = []
  /// The completions by prompt, nil while they grow.
  private(set) var finished: [Sampled?]
  /// The prompt that each slot's cache begins with, by its first place.
  private var promptInSlot: [Int?]
  /// The slot that holds a prompt, by the prompt's first place.
  private var holders: [Int: Int] = [:]
  /// What the sequences admitted since the last step take from other slots.
  private var next = Step()
  /// Slots whose prompts run with the next step.
  private var starting: Set<Int> = []

  init(prompts: [[Int]], slots: Int, maximumTokens: Int) {
    self.prompts = prompts
    self.slots = min(slots, prompts.count)
    self.maximumTokens = maximumTokens
    firstPlaces = LanguageModel.firstPlaces(of: prompts)
    freeSlots = (0..<self.slots).reversed()
    finished = [Sampled?](repeating: nil, count: prompts.count)
    promptInSlot = [Int?](repeating: nil, count: self.slots)
  }

  /// Gives free slots to waiting prompts; false once nothing is left to do.
  mutating func admit() -> Bool {
    while admitted < prompts.count, let slot = freeSlots.popLast() {
      let prompt = prompts[admitted]
      active.append(
        GrowingSequence(
          index: admitted, slot: slot, promptLength: prompt.count, tokens: prompt,
          cached: cachedTokens(of: admitted, in: slot), logProbabilities: []))
      admitted += 1
    }
    return !active.isEmpty
  }

  /// How much of a prompt its slot will hold without running it; plans the copies that this takes.
  private mutating func cachedTokens(of place: Int, in slot: Int) -> Int {
    let (prompt, count) = (firstPlaces[place], prompts[place].count)
    let holder = holders[prompt]
    if let old = promptInSlot[slot], old != prompt, holders[old] == slot { holders[old] = nil }
    promptInSlot[slot] = prompt
    guard let holder else {
      holders[prompt] = slot
      starting.insert(slot)
      return 0
    }
    guard !starting.contains(holder) else {
      next.copiesAfter.append(CachedPrompt(source: holder, target: slot, positions: count))
      return count
    }
    if holder != slot, count > 1 {
      next.copiesBefore.append(CachedPrompt(source: holder, target: slot, positions: count - 1))
    }
    // The last token runs again, for its logits.
    return count - 1
  }

  /// All tokens that the model has not seen: whole prompts at first, then one token per sequence.
  mutating func nextStep() -> Step {
    var step = next
    var lastRowOfSlot = [Int](repeating: 0, count: slots)
    for i in active.indices {
      let sequence = active[i]
      for position in sequence.cached..<sequence.tokens.count {
        step.tokens.append(sequence.tokens[position])
        step.places.append(slot: sequence.slot, position: position)
      }
      lastRowOfSlot[sequence.slot] = step.tokens.count - 1
      active[i].cached = sequence.tokens.count
    }
    for copy in step.copiesAfter { lastRowOfSlot[copy.target] = lastRowOfSlot[copy.source] }
    step.lastRows = active.map { lastRowOfSlot[$0.slot] }
    (next, starting) = (Step(), [])
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

/// The place of the first prompt that equals each prompt.
package func firstPlaces(of prompts: [[Int]]) -> [Int] {
  var places: [[Int]: Int] = [:]
  return prompts.enumerated().map { place, prompt in
    if let first = places[prompt] { return first }
    places[prompt] = place
    return place
  }
}
