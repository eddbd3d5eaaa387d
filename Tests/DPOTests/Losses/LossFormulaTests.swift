import Autograd
import DPO
import Foundation
import Testing

/// One pair in plain numbers: log-probabilities c, d, references a, b and lengths m, n.
private struct Numbers {
  let c, d, a, b, m, n: Double
  /// The score of a log-ratio under the divergence at hand.
  let score: (Double) -> Double
  /// KTO's z.
  let z: Double
  /// Mean tokens of the chosen completions.
  let meanTokens: Double
  let beta = 0.3

  var chosen: Double { c - a }
  var rejected: Double { d - b }
  var h: Double { score(chosen) - score(rejected) }
  var perToken: Double { score(chosen) / m - score(rejected) / n }
}

private func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// Every loss as its paper prints it, with the settings of ``LossCase``.
private let formulas: [PreferenceLossKind: @Sendable (Numbers) -> Double] = [
  .sigmoid: { -log(sigma($0.beta * $0.h)) },
  .conservative: { -0.9 * log(sigma($0.beta * $0.h)) - 0.1 * log(sigma(-$0.beta * $0.h)) },
  .robust: { (-0.9 * log(sigma($0.beta * $0.h)) + 0.1 * log(sigma(-$0.beta * $0.h))) / 0.8 },
  .ipo: { pow($0.perToken - 1 / (2 * $0.beta), 2) },
  .ipoSum: { pow($0.h - 1 / (2 * $0.beta), 2) },
  .hinge: { max(0, 1 - $0.beta * $0.h) },
  .sigmoidNorm: { -log(sigma($0.beta * $0.perToken)) },
  .lengthRegularized: { -log(sigma($0.beta * $0.h + 0.05 * ($0.m - $0.n))) },
  .exo: { pair in
    let p = sigma(pair.beta * pair.h)
    return p * log(p / 0.9) + (1 - p) * log((1 - p) / 0.1)
  },
  .nca: {
    let (c, d) = ($0.beta * $0.chosen, $0.beta * $0.rejected)
    return -log(sigma(c)) - log(sigma(-c)) / 2 - log(sigma(-d)) / 2
  },
  .bco: { -log(sigma($0.beta * $0.chosen)) - log(1 - sigma($0.beta * $0.rejected)) },
  .sppo: { pow($0.chosen - 1 / (2 * $0.beta), 2) + pow($0.rejected + 1 / (2 * $0.beta), 2) },
  .apoZero: { 1 - sigma($0.beta * $0.chosen) + sigma($0.beta * $0.rejected) },
  .apoDown: { sigma($0.beta * $0.chosen) + 1 - sigma($0.beta * ($0.chosen - $0.rejected)) },
  .discoPOP: {
    let (z, m) = ($0.beta * $0.h, sigma($0.beta * $0.h / 0.05))
    return (1 - m) * -log(sigma(z)) + m * exp(-z)
  },
  .kto: {
    (1 - sigma($0.beta * ($0.chosen - $0.z)) + 1.33 * (1 - sigma($0.beta * ($0.z - $0.rejected))))
      / 2
  },
  .apoZeroUnpaired: {
    (1 - sigma($0.beta * $0.chosen) + 1.33 * sigma($0.beta * $0.rejected)) / 2
  },
  .simPO: {
    let x = $0.beta * ($0.c / $0.m - $0.d / $0.n) - 0.5
    return -0.9 * log(sigma(x)) - 0.1 * log(sigma(-x))
  },
  .cpo: {
    let x = $0.beta * ($0.c - $0.d)
    return -0.9 * log(sigma(x)) - 0.1 * log(sigma(-x)) - $0.c / $0.meanTokens
  },
  .orpo: { pair in
    let (p, q) = (exp(pair.c / pair.m), exp(pair.d / pair.n))
    let oddsRatio = p / (1 - p) / (q / (1 - q))
    return -pair.c / pair.meanTokens + pair.beta * log(1 + 1 / oddsRatio)
  },
  .sft: { -$0.c / $0.meanTokens },
  .unlikelihood: { -$0.c + 0.1 * $0.d },
  .plackettLuce: { -log(sigma($0.beta * $0.h)) },
]

private func score(_ divergence: FDivergenceKind) -> @Sendable (Double) -> Double {
  switch divergence {
  case .reverseKL: { $0 }
  case .forwardKL: { 1 - exp(-$0) }
  case .jensenShannon: { log(2 * exp($0) / (1 + exp($0))) }
  // (u^(α − 1) − 1)/(α − 1) at α = ½ is 2 − 2/√u.
  case .alpha: { 2 - 2 / sqrt(exp($0)) }
  }
}

@Suite struct LossFormulaTests {
  @Test(arguments: LossCase.all.filter { formulas[$0.kind] != nil })
  func lossOfEachPairIsTheFormulaOfItsPaper(_ example: LossCase) throws {
    let formula = try #require(formulas[example.kind])
    for columns in [PairColumns<Double>.irregular, .recorded] {
      let tokens = columns.chosenTokens.map(Double.init)
      let expected = columns.chosen.indices.map { i in
        formula(
          Numbers(
            c: columns.chosen[i], d: columns.rejected[i], a: columns.referenceChosen[i],
            b: columns.referenceRejected[i], m: tokens[i], n: Double(columns.rejectedTokens[i]),
            score: score(example.divergence), z: 0.3, meanTokens: tokens.reduce(0, +) / 4))
      }
      for (found, wanted) in zip(columns.losses(example.loss), expected) {
        #expect(abs(found - wanted) < 1e-12 * max(1, abs(wanted)))
      }
    }
  }

  @Test func everyLossHasAFormulaOrIsTestedByItsQuantiles() {
    let without = PreferenceLossKind.allCases.filter { formulas[$0] == nil }
    #expect(without == [.aot, .aotUnpaired])
  }

  // Sorted margins of the policy 0.7, −0.3, −1, −1.3 against the reference's 0.7, 0.4, −0.2, −2.6.
  @Test func optimalTransportComparesQuantiles() {
    let columns = PairColumns<Double>.irregular
    let differences = [-1.3 + 2.6, -1 + 0.2, -0.3 - 0.4, 0.7 - 0.7]
    for (found, delta) in zip(columns.losses(AOTLoss(beta: 0.3)), differences) {
      #expect(abs(found + log(sigma(0.3 * delta))) < 1e-12)
    }
    // Log-ratios of chosen −0.8, −0.2, 0.5, 0.6 and of rejected completions −0.7, −0.4, 0.5, 0.9.
    let unpaired = [-0.1, 0.2, 0, -0.3]
    for (found, delta) in zip(columns.losses(AOTUnpairedLoss(beta: 0.3)), unpaired) {
      #expect(abs(found + log(sigma(0.3 * delta))) < 1e-12)
    }
  }

  @Test func optimalTransportDoesNotDependOnTheOrderOfPairs() {
    var turned = PairColumns<Double>.irregular
    turned.chosen.reverse()
    turned.rejected.reverse()
    turned.referenceChosen.reverse()
    turned.referenceRejected.reverse()
    for loss in [AOTLoss(beta: 0.3), AOTLoss(beta: 1, labelSmoothing: 0.2)] {
      #expect(turned.losses(loss) == PairColumns<Double>.irregular.losses(loss))
    }
  }

  @Test func anAddedLikelihoodAddsTheCrossEntropyOfAChosenToken() {
    let columns = PairColumns<Double>.irregular
    let plain = columns.losses(DPOLoss(beta: 0.3)).reduce(0, +)
    let added = columns.losses(SupervisedTermLoss(DPOLoss(beta: 0.3), weight: 2)).reduce(0, +)
    // −Σ log π(y⁺) over 17 tokens, times four pairs.
    #expect(abs(added - plain - 2 * 4 * 11.4 / 17) < 1e-12)
  }

  @Test func aShardUsesTheMeanLengthOfItsBatch() {
    let tape = Tape<Double>()
    var pairs = PairColumns<Double>.irregular.pairs(on: tape)
    pairs.batchMeanTokens = 8
    #expect(abs(PreferredFTLoss()(pairs).item - 11.4 / 4 / 8) < 1e-15)
  }
}
