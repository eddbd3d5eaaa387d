/// What a word may do in a review.
enum ReviewRole: Sendable, Equatable {
  case the, copula, negation, conjunction, period
  case aspect(Int)
  case intensifier(Double)
  case adjective(Int)
  /// Ends the completion.
  case end
  /// Fits nowhere in a completion: foreign words, topics, the separator, special tokens.
  case foreign
}

/// One complete clause `the ASPECT is [not] [INTENSIFIER] ADJECTIVE`.
struct ReviewClause: Sendable, Equatable {
  var aspect: Int
  var valence: Int
  var intensity: Double
  var isNegated: Bool
}

/// What a parse of a completion finds.
struct ReviewReading: Sendable, Equatable {
  var clauses: [ReviewClause] = []
  /// Words before the end token.
  var length = 0
  /// Breaches of the grammar, as ``ReviewParser`` counts them.
  var violations = 0
}

/// Reads completions of the grammar, one pass over the tokens, whatever they are.
///
///     review = clause { ("and" | "but") clause } "." END
///     clause = "the" ASPECT "is" [ "not" ] [ INTENSIFIER ] ADJECTIVE
///
/// A word that the grammar does not allow where it stands is one violation. Then reading goes on:
/// - A foreign word, and a word of the same kind as the last one read, is passed over.
/// - Behind any other word reading goes on as if what is missing before it had been there; a clause
///   with something missing does not count as a clause.
///
/// Thus a repeated or foreign word in a sound review, and a missing word, cost one violation each.
/// Every word after the period is a violation and is not read. A review without its period or
/// without its end token has one violation more. Words after the first end token do not exist.
struct ReviewParser: Sendable {
  /// The role of each token id; ids outside are foreign.
  let roles: [ReviewRole]

  /// What a clause in progress waits for.
  private enum Expectation {
    case the, aspect, copula, predicate, intensifierOrAdjective, adjective, conjunction, nothing

    /// What is expected behind a word of this role, nil for words that fit nowhere.
    init?(behind role: ReviewRole) {
      switch role {
      case .the: self = .aspect
      case .aspect: self = .copula
      case .copula: self = .predicate
      case .negation: self = .intensifierOrAdjective
      case .intensifier: self = .adjective
      case .adjective: self = .conjunction
      case .conjunction: self = .the
      case .period: self = .nothing
      case .end, .foreign: return nil
      }
    }
  }

  private struct State {
    var expectation = Expectation.the
    var clause = ReviewClause(aspect: 0, valence: 0, intensity: 1, isNegated: false)
    /// Whether something is missing in the clause in progress.
    var isBroken = false
    var reading = ReviewReading()
  }

  /// Reads a completion in time proportional to its length.
  func read(_ completion: [Int]) -> ReviewReading {
    var state = State()
    var hasEnded = false
    for token in completion {
      let role = roles.indices.contains(token) ? roles[token] : .foreign
      if role == .end {
        hasEnded = true
        break
      }
      state.reading.length += 1
      take(role, &state)
    }
    if !hasEnded || state.expectation != .nothing { state.reading.violations += 1 }
    return state.reading
  }

  private func take(_ role: ReviewRole, _ state: inout State) {
    let isAllowed = allows(role, at: state.expectation)
    if !isAllowed { state.reading.violations += 1 }
    guard state.expectation != .nothing, let next = Expectation(behind: role),
      isAllowed || next != state.expectation
    else { return }
    if !isAllowed { state.isBroken = true }
    state.expectation = next
    note(role, &state)
  }

  /// The grammar as a table.
  private func allows(_ role: ReviewRole, at expectation: Expectation) -> Bool {
    switch (expectation, role) {
    case (.the, .the), (.aspect, .aspect), (.copula, .copula), (.predicate, .negation),
      (.predicate, .intensifier), (.predicate, .adjective), (.intensifierOrAdjective, .intensifier),
      (.intensifierOrAdjective, .adjective), (.adjective, .adjective), (.conjunction, .conjunction),
      (.conjunction, .period):
      true
    default: false
    }
  }

  /// Writes down what a word says about the clause in progress.
  private func note(_ role: ReviewRole, _ state: inout State) {
    switch role {
    case .the:
      state.clause = ReviewClause(aspect: 0, valence: 0, intensity: 1, isNegated: false)
      state.isBroken = false
    case .aspect(let aspect): state.clause.aspect = aspect
    case .negation: state.clause.isNegated = true
    case .intensifier(let intensity): state.clause.intensity = intensity
    case .adjective(let valence):
      state.clause.valence = valence
      if !state.isBroken { state.reading.clauses.append(state.clause) }
    case .copula, .conjunction, .period, .end, .foreign: break
    }
  }
}
