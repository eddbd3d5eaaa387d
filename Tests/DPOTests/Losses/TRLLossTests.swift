import Autograd
import DPO
import Foundation
import TensorKernels
import TestSupport
import Testing

/// A JSON value of the fixtures, whose members are of many kinds.
enum Recorded: Decodable {
  case number(Double), numbers([Double]), members([String: Recorded]), other

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let numbers = try? value.decode([Double].self) {
      self = .numbers(numbers)
    } else if let members = try? value.decode([String: Recorded].self) {
      self = .members(members)
    } else {
      self = .other
    }
  }

  subscript(key: String) -> Recorded {
    if case .members(let members) = self { members[key] ?? .other } else { .other }
  }

  var numbers: [Double] {
    switch self {
    case .number(let number): [number]
    case .numbers(let numbers): numbers
    default: []
    }
  }

  var keys: [String] {
    if case .members(let members) = self { members.keys.sorted() } else { [] }
  }
}

/// The recorded numbers are float32; large ones are right to six digits.
private func agree<Scalar: TensorScalar>(_ found: [Scalar], _ expected: [Double]) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 * max(1, abs($1) / 10) }
}

@Suite struct TRLLossTests {
  private let recorded: Recorded
  private let others: Recorded

  init() throws {
    recorded = try fixture("dpo_trl_1.16.0.json", as: Recorded.self)
    others = try fixture("preferences_trl.json", as: Recorded.self)
  }

  @Test(arguments: [0.0, 0.1], FDivergenceKind.allCases)
  func everyLossOfTheDPOTrainerIsTRLs(smoothing: Double, divergence: FDivergenceKind) throws {
    let cases = recorded["label_smoothing=\(smoothing),f=\(divergence.rawValue)"]
    #expect(cases.keys.count >= 6)
    for name in cases.keys {
      let kind = try #require(PreferenceLossKind(rawValue: name))
      var options = PreferenceLossOptions()
      (options.labelSmoothing, options.divergence) = (smoothing, divergence)
      let loss = kind.loss(beta: 0.1, options: options)
      #expect(agree(PairColumns<Double>.recorded.losses(loss), cases[name].numbers), "\(name)")
      #expect(agree(PairColumns<Float>.recorded.losses(loss), cases[name].numbers), "\(name)")
    }
  }

  @Test func cDPOIsTheSigmoidOfTRL028AndOfThePaper() {
    let losses = PairColumns<Float>.recorded.losses(
      ConservativeDPOLoss(beta: 0.1, labelSmoothing: 0.1))
    let official = others["official_dpo_f8b8c0f"]["label_smoothing_0.1 (cDPO)"]["losses"]
    #expect(agree(losses, recorded["trl0.28 sigmoid label_smoothing=0.1 (cDPO)"].numbers))
    #expect(agree(losses, official.numbers))
  }

  @Test func ipoOnSumsIsThatOfThePaperAndOfOpenRLHF() {
    let losses = PairColumns<Float>.recorded.losses(IPOLoss(beta: 0.1))
    #expect(agree(losses, recorded["official/OpenRLHF ipo on summed logps"].numbers))
    #expect(agree(losses, others["official_dpo_f8b8c0f"]["ipo (sums)"]["losses"].numbers))
  }

  @Test func withoutReferenceTheLossIsTheOfficialOne() {
    let losses = PairColumns<Float>.recorded.losses(ReferenceFreeLoss(DPOLoss(beta: 0.1)))
    #expect(agree(losses, others["official_dpo_f8b8c0f"]["reference_free"]["losses"].numbers))
  }

  @Test func cpoAndSimPOAreThoseOfTRLsTrainer() {
    let cases = others["cpo_trl_1.12.0 (ipo,simpo use mean logps)"]
    let losses: [(String, any PreferenceLoss)] = [
      ("sigmoid,beta=0.1,{}", CPOLoss(beta: 0.1)),
      ("sigmoid,beta=0.1,{'label_smoothing': 0.1}", CPOLoss(beta: 0.1, labelSmoothing: 0.1)),
      ("hinge,beta=0.1,{}", ReferenceFreeLoss(HingeLoss(beta: 0.1))),
      ("ipo,beta=0.1,{}", ReferenceFreeLoss(MeanIPOLoss(beta: 0.1))),
      ("simpo,beta=2.0,{'simpo_gamma': 0.5}", SimPOLoss(beta: 2, margin: 0.5)),
      ("simpo,beta=0.1,{'simpo_gamma': 0.5}", SimPOLoss(beta: 0.1, margin: 0.5)),
    ]
    for (name, loss) in losses {
      #expect(agree(PairColumns<Float>.recorded.losses(loss), cases[name].numbers), "\(name)")
    }
  }

  @Test func oddsRatiosOfORPOAreThoseOfTRLsTrainer() {
    let cases = others["orpo_trl_1.12.0 (mean logps; total loss = nll - losses.mean())"]
    let pairs = PairColumns<Float>.recorded.pairs(on: .init())
    let loss = ORPOLoss(beta: 0.1)
    #expect(
      agree(
        loss.oddsRatioTerms(pairs).values, cases["losses(beta*logsigmoid(log_odds))"].numbers))
    // TRL logs the mean of log σ(log odds) and that of the log odds.
    let logOdds = loss.logOddsRatios(pairs)
    #expect(agree([logOdds.mean().item], cases["log_odds_chosen"].numbers))
    #expect(agree([logOdds.logSigmoid().mean().item], cases["log_odds_ratio"].numbers))
  }

  @Test(arguments: ["kto_pos_kl", "kto_neg_kl_clamped", "apo_zero_unpaired"])
  func ktoIsThatOfTRLsTrainer(name: String) {
    let all = others["kto_trl_1.16.0"]
    let cases = all[name]
    let loss = KTOLoss(
      beta: 0.1, desirableWeight: 1, undesirableWeight: 1.33,
      referencePoint: name == "apo_zero_unpaired" ? .zero : .divergence)
    let tape = Tape<Double>()
    let z = loss.divergence(
      zip(cases["KL_logps"].numbers, cases["ref_KL_logps"].numbers).map { $0 - $1 })
    func ratios(_ policy: String, _ reference: String) -> Tensor<Double> {
      tape.column(zip(all[policy].numbers, all[reference].numbers).map { $0 - $1 })
    }
    let losses =
      loss.chosenLosses(ratios("chosen_logps", "ref_chosen"), divergence: z).values
      + loss.rejectedLosses(ratios("rejected_logps", "ref_rejected"), divergence: z).values
    #expect(agree([z], cases["kl"].numbers))
    #expect(agree(losses, cases["losses(des*chosen||und*rejected)"].numbers))
    #expect(agree([losses.reduce(0, +) / 5], cases["loss"].numbers))
  }
}
