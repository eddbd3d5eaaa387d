extension PreferenceLossKind {
  /// Whether the loss reads a setting.
  func reads(_ option: PartialKeyPath<PreferenceLossOptions>) -> Bool { options.contains(option) }

  /// The settings that the loss reads beside β.
  private var options: Set<PartialKeyPath<PreferenceLossOptions>> {
    let divergence: Set<PartialKeyPath<PreferenceLossOptions>> = [
      \.divergence, \.divergenceAlpha, \.isReferenceFree, \.supervisedWeight,
    ]
    switch self {
    case .sigmoid, .ipo, .ipoSum, .hinge, .sigmoidNorm: return divergence
    case .conservative, .robust, .exo: return divergence.union([\.labelSmoothing])
    case .lengthRegularized: return divergence.union([\.lengthPenalty])
    case .discoPOP: return divergence.union([\.discoPOPTemperature])
    case .nca, .bco, .sppo, .apoZero, .apoDown: return [\.supervisedWeight]
    case .aot, .aotUnpaired: return [\.labelSmoothing, \.supervisedWeight]
    case .kto, .apoZeroUnpaired:
      return [\.desirableWeight, \.undesirableWeight, \.supervisedWeight]
    case .simPO: return [\.simPOMargin, \.cpoAlpha, \.labelSmoothing]
    case .cpo: return [\.cpoAlpha, \.labelSmoothing]
    case .unlikelihood: return [\.unlikelihoodWeight]
    case .orpo, .sft, .plackettLuce: return []
    }
  }

  /// The loss with these settings; of rankings the loss of two places.
  public func loss(beta: Double, options: PreferenceLossOptions) -> any PreferenceLoss {
    let base = plainLoss(beta: beta, options)
    let free = options.isReferenceFree == true ? ReferenceFreeLoss(base) : base
    let weight = options.supervisedWeight ?? likelihoodWeight(options)
    return weight > 0 ? SupervisedTermLoss(free, weight: weight) : free
  }

  /// The weight of the likelihood that belongs to the loss itself.
  private func likelihoodWeight(_ options: PreferenceLossOptions) -> Double {
    switch self {
    case .cpo: options.cpoAlpha ?? 1
    case .simPO: options.cpoAlpha ?? 0
    default: 0
    }
  }

  private func plainLoss(beta: Double, _ options: PreferenceLossOptions) -> any PreferenceLoss {
    let divergence = options.fDivergence
    let smoothing = options.labelSmoothing ?? 0
    switch self {
    case .sigmoid, .plackettLuce: return DPOLoss(beta: beta, divergence: divergence)
    case .conservative:
      return ConservativeDPOLoss(beta: beta, labelSmoothing: smoothing, divergence: divergence)
    case .robust:
      return RobustDPOLoss(beta: beta, labelSmoothing: smoothing, divergence: divergence)
    case .ipo: return MeanIPOLoss(beta: beta, divergence: divergence)
    case .ipoSum: return IPOLoss(beta: beta, divergence: divergence)
    case .hinge: return HingeLoss(beta: beta, divergence: divergence)
    case .sigmoidNorm: return NormalizedDPOLoss(beta: beta, divergence: divergence)
    case .lengthRegularized:
      return LengthRegularizedDPOLoss(
        beta: beta, lengthPenalty: options.lengthPenalty ?? 0.01, divergence: divergence)
    case .exo: return EXOLoss(beta: beta, labelSmoothing: smoothing, divergence: divergence)
    case .nca: return NCALoss(beta: beta)
    case .bco: return BCOLoss(beta: beta)
    case .sppo: return SPPOLoss(beta: beta)
    case .aot: return AOTLoss(beta: beta, labelSmoothing: smoothing)
    case .aotUnpaired: return AOTUnpairedLoss(beta: beta, labelSmoothing: smoothing)
    case .apoZero: return APOZeroLoss(beta: beta)
    case .apoDown: return APODownLoss(beta: beta)
    case .discoPOP:
      return DiscoPOPLoss(
        beta: beta, temperature: options.discoPOPTemperature ?? 0.05, divergence: divergence)
    case .kto, .apoZeroUnpaired:
      return KTOLoss(
        beta: beta, desirableWeight: options.desirableWeight ?? 1,
        undesirableWeight: options.undesirableWeight ?? 1,
        referencePoint: self == .kto ? .divergence : .zero)
    case .simPO:
      return SimPOLoss(
        beta: beta, margin: options.simPOMargin ?? 0.5, labelSmoothing: smoothing)
    case .cpo: return CPOLoss(beta: beta, labelSmoothing: smoothing)
    case .orpo: return ORPOLoss(beta: beta)
    case .sft: return PreferredFTLoss(beta: beta)
    case .unlikelihood:
      return UnlikelihoodLoss(beta: beta, weight: options.unlikelihoodWeight ?? 0.1)
    }
  }
}
