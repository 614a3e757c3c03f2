"""The elementary procedures of the 3GPP's application protocols, in the order of their codes from 0.

The names are those of the ASN.1 constants (`id-…`), as they are there.
"""

NGAP = """
    AMFConfigurationUpdate AMFStatusIndication CellTrafficTrace DeactivateTrace DownlinkNASTransport
    DownlinkNonUEAssociatedNRPPaTransport DownlinkRANConfigurationTransfer DownlinkRANStatusTransfer
    DownlinkUEAssociatedNRPPaTransport ErrorIndication HandoverCancel HandoverNotification
    HandoverPreparation HandoverResourceAllocation InitialContextSetup InitialUEMessage
    LocationReportingControl LocationReportingFailureIndication LocationReport NASNonDeliveryIndication
    NGReset NGSetup OverloadStart OverloadStop Paging PathSwitchRequest PDUSessionResourceModify
    PDUSessionResourceModifyIndication PDUSessionResourceRelease PDUSessionResourceSetup
    PDUSessionResourceNotify PrivateMessage PWSCancel PWSFailureIndication PWSRestartIndication
    RANConfigurationUpdate RerouteNASRequest RRCInactiveTransitionReport TraceFailureIndication TraceStart
    UEContextModification UEContextRelease UEContextReleaseRequest UERadioCapabilityCheck
    UERadioCapabilityInfoIndication UETNLABindingRelease UplinkNASTransport
    UplinkNonUEAssociatedNRPPaTransport UplinkRANConfigurationTransfer UplinkRANStatusTransfer
    UplinkUEAssociatedNRPPaTransport WriteReplaceWarning SecondaryRATDataUsageReport
    UplinkRIMInformationTransfer DownlinkRIMInformationTransfer RetrieveUEInformation
    UEInformationTransfer RANCPRelocationIndication UEContextResume UEContextSuspend
    UERadioCapabilityIDMapping HandoverSuccess UplinkRANEarlyStatusTransfer DownlinkRANEarlyStatusTransfer
    AMFCPRelocationIndication ConnectionEstablishmentIndication BroadcastSessionModification
    BroadcastSessionRelease BroadcastSessionSetup DistributionSetup DistributionRelease
    MulticastSessionActivation MulticastSessionDeactivation MulticastSessionUpdate MulticastGroupPaging
    BroadcastSessionReleaseRequired TimingSynchronisationStatus TimingSynchronisationStatusReport
    MTCommunicationHandling RANPagingRequest BroadcastSessionTransport
"""
"""3GPP TS 38.413, section 9."""

S1AP = """
    HandoverPreparation HandoverResourceAllocation HandoverNotification PathSwitchRequest HandoverCancel
    E-RABSetup E-RABModify E-RABRelease E-RABReleaseIndication InitialContextSetup Paging
    downlinkNASTransport initialUEMessage uplinkNASTransport Reset ErrorIndication
    NASNonDeliveryIndication S1Setup UEContextReleaseRequest DownlinkS1cdma2000tunnelling
    UplinkS1cdma2000tunnelling UEContextModification UECapabilityInfoIndication UEContextRelease
    eNBStatusTransfer MMEStatusTransfer DeactivateTrace TraceStart TraceFailureIndication
    ENBConfigurationUpdate MMEConfigurationUpdate LocationReportingControl
    LocationReportingFailureIndication LocationReport OverloadStart OverloadStop WriteReplaceWarning
    eNBDirectInformationTransfer MMEDirectInformationTransfer PrivateMessage eNBConfigurationTransfer
    MMEConfigurationTransfer CellTrafficTrace Kill downlinkUEAssociatedLPPaTransport
    uplinkUEAssociatedLPPaTransport downlinkNonUEAssociatedLPPaTransport
    uplinkNonUEAssociatedLPPaTransport UERadioCapabilityMatch PWSRestartIndication
    E-RABModificationIndication PWSFailureIndication RerouteNASRequest UEContextModificationIndication
    ConnectionEstablishmentIndication UEContextSuspend UEContextResume NASDeliveryIndication
    RetrieveUEInformation UEInformationTransfer eNBCPRelocationIndication MMECPRelocationIndication
    SecondaryRATDataUsageReport UERadioCapabilityIDMapping HandoverSuccess eNBEarlyStatusTransfer
    MMEEarlyStatusTransfer
"""
"""3GPP TS 36.413, section 9."""

X2AP = """
    handoverPreparation handoverCancel loadIndication errorIndication snStatusTransfer uEContextRelease
    x2Setup reset eNBConfigurationUpdate resourceStatusReportingInitiation resourceStatusReporting
    privateMessage mobilitySettingsChange rLFIndication handoverReport cellActivation x2Release
    x2APMessageTransfer x2Removal seNBAdditionPreparation seNBReconfigurationCompletion
    meNBinitiatedSeNBModificationPreparation seNBinitiatedSeNBModification meNBinitiatedSeNBRelease
    seNBinitiatedSeNBRelease seNBCounterCheck retrieveUEContext sgNBAdditionPreparation
    sgNBReconfigurationCompletion meNBinitiatedSgNBModificationPreparation sgNBinitiatedSgNBModification
    meNBinitiatedSgNBRelease sgNBinitiatedSgNBRelease sgNBCounterCheck sgNBChange rRCTransfer endcX2Setup
    endcConfigurationUpdate secondaryRATDataUsageReport endcCellActivation endcPartialReset
    eUTRANRCellResourceCoordination SgNBActivityNotification endcX2Removal dataForwardingAddressIndication
    gNBStatusIndication deactivateTrace traceStart endcConfigurationTransfer handoverSuccess
    conditionalHandoverCancel earlyStatusTransfer cellTrafficTrace endcresourceStatusReporting
    endcresourceStatusReportingInitiation f1CTrafficTransfer UERadioCapabilityIDMapping
    accessAndMobilityIndication MIMOPRBusageInformation CPC-cancel rachIndication
    scgFailureInformationReport scgFailureTransfer
"""
"""3GPP TS 36.423, section 9."""

XNAP = """
    handoverPreparation sNStatusTransfer handoverCancel retrieveUEContext rANPaging xnUAddressIndication
    uEContextRelease sNGRANnodeAdditionPreparation sNGRANnodeReconfigurationCompletion
    mNGRANnodeinitiatedSNGRANnodeModificationPreparation
    sNGRANnodeinitiatedSNGRANnodeModificationPreparation mNGRANnodeinitiatedSNGRANnodeRelease
    sNGRANnodeinitiatedSNGRANnodeRelease sNGRANnodeCounterCheck sNGRANnodeChange rRCTransfer xnRemoval
    xnSetup nGRANnodeConfigurationUpdate cellActivation reset errorIndication privateMessage
    notificationControl activityNotification e-UTRA-NR-CellResourceCoordination
    secondaryRATDataUsageReport deactivateTrace traceStart handoverSuccess conditionalHandoverCancel
    earlyStatusTransfer failureIndication handoverReport resourceStatusReportingInitiation
    resourceStatusReporting mobilitySettingsChange accessAndMobilityIndication cellTrafficTrace
    RANMulticastGroupPaging scgFailureInformationReport - scgFailureTransfer f1CTrafficTransfer
    iABTransportMigrationManagement iABTransportMigrationModification iABResourceCoordination
    retrieveUEContextConfirm cPCCancel partialUEContextTransfer
"""
"""3GPP TS 38.423, section 9."""

F1AP = """
    Reset F1Setup ErrorIndication gNBDUConfigurationUpdate gNBCUConfigurationUpdate UEContextSetup
    UEContextRelease UEContextModification UEContextModificationRequired UEMobilityCommand
    UEContextReleaseRequest InitialULRRCMessageTransfer DLRRCMessageTransfer ULRRCMessageTransfer
    privateMessage UEInactivityNotification GNBDUResourceCoordination SystemInformationDeliveryCommand
    Paging Notify WriteReplaceWarning PWSCancel PWSRestartIndication PWSFailureIndication
    GNBDUStatusIndication RRCDeliveryReport F1Removal NetworkAccessRateReduction TraceStart
    DeactivateTrace DUCURadioInformationTransfer CUDURadioInformationTransfer BAPMappingConfiguration
    GNBDUResourceConfiguration IABTNLAddressAllocation IABUPConfigurationUpdate
    resourceStatusReportingInitiation resourceStatusReporting accessAndMobilityIndication accessSuccess
    cellTrafficTrace PositioningMeasurementExchange PositioningAssistanceInformationControl
    PositioningAssistanceInformationFeedback PositioningMeasurementReport PositioningMeasurementAbort
    PositioningMeasurementFailureIndication PositioningMeasurementUpdate TRPInformationExchange
    PositioningInformationExchange PositioningActivation PositioningDeactivation
    E-CIDMeasurementInitiation E-CIDMeasurementFailureIndication E-CIDMeasurementReport
    E-CIDMeasurementTermination PositioningInformationUpdate ReferenceTimeInformationReport
    ReferenceTimeInformationReportingControl
"""
"""3GPP TS 38.473, section 9."""

E1AP = """
    reset errorIndication privateMessage gNB-CU-UP-E1Setup gNB-CU-CP-E1Setup gNB-CU-UP-ConfigurationUpdate
    gNB-CU-CP-ConfigurationUpdate e1Release bearerContextSetup bearerContextModification
    bearerContextModificationRequired bearerContextRelease bearerContextReleaseRequest
    bearerContextInactivityNotification dLDataNotification dataUsageReport gNB-CU-UP-CounterCheck
    gNB-CU-UP-StatusIndication uLDataNotification mRDC-DataUsageReport TraceStart DeactivateTrace
    resourceStatusReportingInitiation resourceStatusReporting iAB-UPTNLAddressUpdate CellTrafficTrace
    earlyForwardingSNTransfer gNB-CU-CPMeasurementResultsInformation iABPSKNotification
"""
"""3GPP TS 37.483, section 9."""
