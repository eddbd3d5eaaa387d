public import Autograd
import TensorKernels

/// A loss over preference pairs; a new one is a formula of about ten lines.
public protocol PreferenceLoss: Sendable {
  /// The strength β of the pull towards the reference; β·log π/π₀ is the implicit reward.
  var beta: Double { get }
  /// The loss of every pair where the policy is the reference; nil where it depends on the data.
  var lossAtReference: Double? { get }
  /// What the loss reads beside the policy's log-probabilities.
  var inputs: PreferenceInputs { get }
  /// The loss of each pair, a row a pair.
  func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar>
}

extension PreferenceLoss {
  /// The reference's log-probabilities, and nothing else.
  public var inputs: PreferenceInputs { .reference }

  /// The mean loss over the pairs.
  public func callAsFunction<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    pairLosses(pairs).mean()
  }
}

/// What a preference loss reads of a batch beside the policy's log-probabilities.
public struct PreferenceInputs: OptionSet, Sendable {
  /// One bit for each input.
  public let rawValue: Int

  /// A set of inputs.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The reference's log-probabilities; without it the loss has no reference policy.
  public static let reference = PreferenceInputs(rawValue: 1)
  /// Log-ratios of prompts with completions of other prompts.
  public static let mismatchedPairs = PreferenceInputs(rawValue: 2)
  /// All pairs of the batch at once: the loss of one pair depends on the others.
  public static let wholeBatch = PreferenceInputs(rawValue: 4)
  /// The number of tokens of every completion.
  public static let tokenCounts = PreferenceInputs(rawValue: 8)
}

/// What the labels that a loss learns from are about.
public enum PreferenceLabels: Sendable {
  /// Which of two completions of a prompt is the better one.
  case pairs
  /// Whether a completion is good, without a partner.
  case completions
  /// The order of two or more completions of a prompt.
  case rankings
}

/// A preference loss that a specification can name, TRL's name where TRL has it.
///
/// A loss is one file in `Losses`, which declares its kind, and a line in ``allCases``.
public struct PreferenceLossKind: RawRepresentable, Sendable {
  /// A property of the settings beside β.
  public typealias Option = any PartialKeyPath<PreferenceLossOptions> & Sendable

  /// The name in a specification.
  public let rawValue: String
  /// What its labels are about.
  public let labels: PreferenceLabels
  /// The loss of one pair with its source, in short; z is β times the difference of the scores.
  public let formula: String
  private let options: [Option]
  private let likelihoodWeight: @Sendable (PreferenceLossOptions) -> Double
  private let make:
    @Sendable (_ beta: Double, _ options: PreferenceLossOptions) -> any PreferenceLoss

  /// Describes a loss.
  ///
  /// - Parameters:
  ///   - name: The name in a specification.
  ///   - labels: What its labels are about.
  ///   - formula: The loss of one pair, in short.
  ///   - options: The settings beside β that it reads.
  ///   - likelihoodWeight: The weight of a likelihood that belongs to the loss; none unless given.
  ///   - make: The loss with a β and settings.
  public init(
    _ name: String, labels: PreferenceLabels = .pairs, formula: String,
    reads options: [Option] = [],
    likelihoodWeight: @escaping @Sendable (PreferenceLossOptions) -> Double = { _ in 0 },
    make:
      @escaping @Sendable (_ beta: Double, _ options: PreferenceLossOptions) -> any PreferenceLoss
  ) {
    (rawValue, self.labels, self.formula, self.options) = (name, labels, formula, options)
    (self.likelihoodWeight, self.make) = (likelihoodWeight, make)
  }

  /// The loss of this name, if there is one.
  public init?(rawValue: String) {
    guard let kind = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = kind
  }

  /// Whether the loss reads a setting beside β.
  public func reads(_ option: PartialKeyPath<PreferenceLossOptions>) -> Bool {
    options.contains { $0 == option }
  }

  /// The loss with these settings; of rankings the loss of two places.
  public func loss(beta: Double, options: PreferenceLossOptions) -> any PreferenceLoss {
    let base = make(beta, options)
    let free = options.isReferenceFree == true ? ReferenceFreeLoss(base) : base
    let weight = options.supervisedWeight ?? likelihoodWeight(options)
    return weight > 0 ? SupervisedTermLoss(free, weight: weight) : free
  }
}

extension PreferenceLossKind: Hashable, Codable, CaseIterable {
  /// Every loss, in the order of listings.
  public static let allCases: [PreferenceLossKind] = [
    .sigmoid,
    .conservative,
    .robust,
    .ipo,
    .ipoSum,
    .hinge,
    .sigmoidNorm,
    .lengthRegularized,
    .exo,
    .nca,
    .bco,
    .sppo,
    .aot,
    .aotUnpaired,
    .apoZero,
    .apoDown,
    .discoPOP,
    .kto,
    .apoZeroUnpaired,
    .simPO,
    .cpo,
    .orpo,
    .sft,
    .unlikelihood,
    .plackettLuce,
  ]

  /// Kinds of one name are one kind.
  public static func == (left: PreferenceLossKind, right: PreferenceLossKind) -> Bool {
    left.rawValue == right.rawValue
  }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
