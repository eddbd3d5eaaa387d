import Autograd
import DPO
import Foundation
import Testing

/// One pair: log-ratios x and y, policy log-probabilities c and d, lengths m and n.
private struct Pair {
  let x, y, c, d, m, n: Double
  let beta = 0.3
  var z: Double { beta * (x - y) }
}

private func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// σ′ = σ·(1 − σ).
private func bell(_ x: Double) -> Double { sigma(x) * (1 - sigma(x)) }

/// ∂L/∂log π of the chosen and of the rejected completion, derived by hand from each formula.
private let slopes: [PreferenceLossKind: @Sendable (Pair) -> (Double, Double)] = [
  .sigmoid: { antisymmetric(-$0.beta * sigma(-$0.z)) },
  .conservative: { antisymmetric(-$0.beta * (0.9 * sigma(-$0.z) - 0.1 * sigma($0.z))) },
  .robust: { antisymmetric(-$0.beta * (0.9 * sigma(-$0.z) + 0.1 * sigma($0.z)) / 0.8) },
  .ipoSum: { antisymmetric(2 * ($0.x - $0.y - 1 / (2 * $0.beta))) },
  .ipo: {
    let slope = 2 * ($0.x / $0.m - $0.y / $0.n - 1 / (2 * $0.beta))
    return (slope / $0.m, -slope / $0.n)
  },
  .hinge: { antisymmetric($0.z < 1 ? -$0.beta : 0) },
  .sigmoidNorm: {
    let slope = -$0.beta * sigma(-$0.beta * ($0.x / $0.m - $0.y / $0.n))
    return (slope / $0.m, -slope / $0.n)
  },
  .lengthRegularized: {
    antisymmetric(-$0.beta * sigma(-($0.z + 0.05 * ($0.m - $0.n))))
  },
  // d/dz KL(σ(z)‖t) = σ′(z)·(z − logit t).
  .exo: { antisymmetric($0.beta * bell($0.z) * ($0.z - log(9))) },
  .nca: {
    let (r, s) = ($0.beta * $0.x, $0.beta * $0.y)
    return ($0.beta * (-sigma(-r) + sigma(r) / 2), $0.beta * sigma(s) / 2)
  },
  .bco: { (-$0.beta * sigma(-$0.beta * $0.x), $0.beta * sigma($0.beta * $0.y)) },
  .sppo: { (2 * ($0.x - 1 / (2 * $0.beta)), 2 * ($0.y + 1 / (2 * $0.beta))) },
  .apoZero: { (-$0.beta * bell($0.beta * $0.x), $0.beta * bell($0.beta * $0.y)) },
  .apoDown: {
    let slope = $0.beta * bell($0.z)
    return ($0.beta * bell($0.beta * $0.x) - slope, slope)
  },
  .discoPOP: { pair in
    let (z, m) = (pair.z, sigma(pair.z / 0.05))
    let mixture = bell(z / 0.05) / 0.05 * (exp(-z) - log1p(exp(-z)))
    return antisymmetric(pair.beta * (mixture - (1 - m) * sigma(-z) - m * exp(-z)))
  },
  // z of KTO is the mean 0.3 of the mismatched log-ratios, a constant.
  .kto: {
    (
      -$0.beta * bell($0.beta * ($0.x - 0.3)) / 2, 1.33 * $0.beta * bell($0.beta * ($0.y - 0.3)) / 2
    )
  },
  .apoZeroUnpaired: {
    (-$0.beta * bell($0.beta * $0.x) / 2, 1.33 * $0.beta * bell($0.beta * $0.y) / 2)
  },
  .simPO: {
    let u = $0.beta * ($0.c / $0.m - $0.d / $0.n) - 0.5
    let slope = -$0.beta * (0.9 * sigma(-u) - 0.1 * sigma(u))
    return (slope / $0.m, -slope / $0.n)
  },
  .unlikelihood: { _ in (-1, 0.1) },
  .plackettLuce: { antisymmetric(-$0.beta * sigma(-$0.z)) },
]

private func antisymmetric(_ slope: Double) -> (Double, Double) { (slope, -slope) }

@Suite struct LossGradientFormulaTests {
  @Test(arguments: LossCase.all.filter { slopes[$0.kind] != nil && $0.divergence == .reverseKL })
  func gradientIsTheOneDerivedByHand(_ example: LossCase) throws {
    let formula = try #require(slopes[example.kind])
    for columns in [PairColumns<Double>.irregular, .recorded] {
      let gradient = columns.gradients(example.loss).gradient
      for i in columns.chosen.indices {
        let (chosen, rejected) = formula(
          Pair(
            x: columns.chosen[i] - columns.referenceChosen[i],
            y: columns.rejected[i] - columns.referenceRejected[i], c: columns.chosen[i],
            d: columns.rejected[i], m: Double(columns.chosenTokens[i]),
            n: Double(columns.rejectedTokens[i])))
        #expect(abs(gradient[i] - chosen) < 1e-12 * max(1, abs(chosen)))
        #expect(abs(gradient[i + 4] - rejected) < 1e-12 * max(1, abs(rejected)))
      }
    }
  }

  @Test(arguments: [
    (FDivergenceKind.forwardKL, { @Sendable (u: Double) in exp(-u) }),
    (.jensenShannon, { @Sendable (u: Double) in 1 - 1 / (1 + exp(-u)) }),
    (.alpha, { @Sendable (u: Double) in exp(-0.5 * u) }),
  ])
  func aDivergenceWeighsEachLogRatioByItsSecondDerivative(
    divergence: FDivergenceKind, weight: @Sendable (Double) -> Double
  ) {
    // Wang (2023): d score/d log-ratio = u·f″(u), so that DPO's slope is multiplied by it.
    let columns = PairColumns<Double>.irregular
    let loss = DPOLoss(beta: 0.3, divergence: divergence.divergence(alpha: 0.5))
    let (losses, gradient) = columns.gradients(loss)
    for i in losses.indices {
      let slope = 0.3 * (exp(-losses[i]) - 1)
      let x = columns.chosen[i] - columns.referenceChosen[i]
      let y = columns.rejected[i] - columns.referenceRejected[i]
      #expect(abs(gradient[i] - slope * weight(x)) < 1e-12)
      #expect(abs(gradient[i + 4] + slope * weight(y)) < 1e-12)
    }
  }

  @Test func optimalTransportMovesEachPairAtTheSlopeOfItsQuantile() {
    let columns = PairColumns<Double>.irregular
    let gradient = columns.gradients(AOTLoss(beta: 0.3)).gradient
    // Margins −0.3, 0.7, −1, −1.3 are the quantiles 2, 3, 1, 0 with differences 1.3, −0.8, −0.7, 0.
    let differences = [-0.7, 0, -0.8, 1.3]
    for (i, delta) in differences.enumerated() {
      let slope = -0.3 * sigma(-0.3 * delta)
      #expect(abs(gradient[i] - slope) < 1e-12 && abs(gradient[i + 4] + slope) < 1e-12)
    }
  }
}
