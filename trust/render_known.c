/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Elements and attributes of phone files that are known to hold no secret:
 * those of spec/phone-files.md section 5, what is written here, and what
 * published configurations of these phones have.  A name is added when it is
 * known what phones take it for, and not because it sounds harmless.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trust/render_part.h"

#define KNOWN_MAX	64	/* longer ones are not known */

/* Hold elements.  Each table in order of strcasecmp(). */
static const char *const holders[] = {
	"addOnModule", "addOnModules", "addresses", "autoAnswer",
	"callManager", "callManagerGroup", "capf", "capfList", "commonConfig",
	"commonProfile", "credentials", "dateTimeSetting", "device",
	"devicePool", "enterpriseConfig", "forwardCallInfoDisplay", "line",
	"member", "members", "mgcpPorts", "mobility", "networkLocaleInfo",
	"ntp", "ntps", "phoneService", "phoneServices", "ports",
	"sipCallFeatures", "sipLines", "sipProfile", "sipProxies", "sipStack",
	"srstInfo", "TVS", "tzdata", "userLocale", "vendorConfig", "vpnGroup",
};

/* Hold text.  A number behind a name belongs to it: ipAddr1.  Attributes are
 * at the end of their own table. */
static const char *const leaves[] = {
	"abbreviatedDialURI", "accessApps", "accessContacts",
	"accessFavorites", "accessVoicemail", "actionableAlert", "address",
	"adminConfigurableRinger", "advertiseG722Codec", "allCallsOnPrimary",
	"allowAutoConfig", "alwaysUsePrimeLine",
	"alwaysUsePrimeLineVoiceMail", "anonymousCallBlock",
	"appButtonPriority", "appButtonTimer", "appInstallFromAndroidMarket",
	"applicationURL", "authenticationURL", "authMethod", "authName",
	"autoAnswerAltBehavior", "autoAnswerEnabled", "autoAnswerMode",
	"autoAnswerOverride", "autoAnswerTimer", "autoCallPickupEnable",
	"autoCallSelect", "autoNetDetect", "autoSelectLineEnable",
	"backgroundImageAccess", "backlightIdleTimeout",
	"backlightOnDuration", "backlightOnTime",
	"backlightOnWhenIncomingCall", "backupProxy", "backupProxyPort",
	"blfAudibleAlertSettingOfBusyStation",
	"blfAudibleAlertSettingOfIdleStation", "bluetooth",
	"bluetoothProfile", "bthfu", "btpbap", "busyTrigger", "button",
	"callerIdBlocking", "callerName", "callerNumber", "callForwardURI",
	"callHoldRingback", "callLogBlfEnabled", "callParkMonitor",
	"callPickupGroupURI", "callPickupListURI", "callPickupURI",
	"callStats", "callWaiting", "capfAuthMode", "category", "cdpEnable",
	"certHash", "certificate", "ciscoCamera", "cnfJoinEnabled",
	"connectionMonitorDuration", "contact", "ctiid", "dadEnable",
	"dateTemplate", "daysBacklightNotActive", "daysDisplayNotActive",
	"defaultWallpaperFile", "description", "desktopClient",
	"detectCMConnectionFailure", "deviceLine", "deviceProtocol",
	"deviceSecurityMode", "deviceType", "dfBit", "dialedNumber",
	"dialTemplate", "dialToneFromReleaseKey", "dialToneSetting",
	"directoryURL", "disableLocalSpeedDialConfig", "disableSpeaker",
	"disableSpeakerAndHeadset", "disableTLSCiphers", "displayIdleTimeout",
	"displayName", "displayOnDuration", "displayOnTime",
	"displayOnWhenIncomingCall", "displayRefreshRate", "dndCallAlert",
	"dndControl", "dscpAudioForTelepresence", "dscpAudioForVideo",
	"dscpForAudio", "dscpForCm2Dvce", "dscpForExecutiveOverrideAudio",
	"dscpForExecutiveOverrideVideo", "dscpForFlashAudio",
	"dscpForFlashOverrideAudio", "dscpForFlashOverrideVideo",
	"dscpForFlashVideo", "dscpForImmediateAudio", "dscpForImmediateVideo",
	"dscpForPriorityAudio", "dscpForPriorityVideo",
	"dscpForSCCPPhoneConfig", "dscpForSCCPPhoneServices",
	"dscpForTelepresence", "dscpVideo", "dtmfAvtPayload", "dtmfCnfCode",
	"dtmfDbLevel", "dtmfdn", "dtmfExclusiveHoldCode", "dtmfHoldCode",
	"dtmfOutofBand", "dtmfResumeCode", "dtmfTxfCode", "echoMultiEnable",
	"ehookEnable", "emergencyProxy", "emergencyProxyPort",
	"enableCdpPcPort", "enableCdpSwPort", "enableCiscoUcmAppClient",
	"enableGroupListen", "enableHostIDCheck", "enableLldpPcPort",
	"enableLldpSwPort", "enableMuteFeature", "enableVad", "encrConfig",
	"ethernetPhonePort", "executiveOverridePreemptable",
	"externalNumberMask", "failConnectTime", "featureID", "featureLabel",
	"featurePolicyFile", "forwardingDelay", "fullConfig",
	"g722CodecSupport", "garp", "handoffdn", "handsetWidebandEnable",
	"handsetWidebandUIControl", "hashAlg", "headsetWidebandEnable",
	"headsetWidebandUIControl", "hideVideoByDefault", "holdResumeKey",
	"homeScreen", "ice", "idleTimeout", "idleURL", "idx",
	"inactiveLoadInformation", "incomingCallToastTimer", "informationURL",
	"instantMessaging", "ipAddr", "ipAddressMode",
	"ipMediaAddressFamilyPreference", "ipPreferenceModeControl",
	"isSecure", "ivrdn", "joinAcrossLines", "joinAndDirectTransferPolicy",
	"keepAlive", "kemOneColumn", "kpml", "langCode", "lineIndex",
	"lineKeyBarge", "lineMode", "listen", "lldpAssetId",
	"loadInformation", "loadServer", "localCfwdEnable", "loggingDisplay",
	"logServer", "lowerYourVoiceAlert", "markCallAsSpam", "maxNumCalls",
	"maxRedirects", "meetMeServiceURI", "messagesNumber", "messagesURL",
	"messageWaitingAMWI", "messageWaitingLampPolicy", "minimumRingVolume",
	"missedCallLoggingOption", "mlppDomainId", "mlppIndicationStatus",
	"model", "moreKeyReversionTimer", "mtu", "name", "nameV6",
	"natAddress", "natEnabled", "natReceivedProcessing", "networkLocale",
	"ntpMode", "offhookToFirstDigitTimer", "olsonTimeZone",
	"organizationTopLevelDomain", "outboundProxy", "outboundProxyPort",
	"outOfRangeAlert", "ownerId", "pcPort", "peerFirmwareSharing",
	"phoneLabel", "phonePersonalization", "phonePort", "port",
	"poundEndOfDial", "powerNegotiation", "powerOffWhenCharging",
	"powerPriority", "preemption", "preferredCodec", "presenceServerPri",
	"presenceServerType", "priority", "problemReportUploadURL",
	"processNodeName", "provisioning", "proxy", "proxyServerURL",
	"pswdPersistent", "recentsSoftKey", "recordingOption",
	"recordingTone", "recordingToneDuration", "recordingToneLocalVolume",
	"recordingToneRemoteVolume", "redirectedNumber", "redirectEnable",
	"registerWithProxy", "remoteCcEnable", "remotePartyID",
	"requireScreenLock", "retainForwardInformation", "revertPriority",
	"rfc2543Hold", "ringLocale", "ringSettingActive",
	"ringSettingBusyStationPolicy", "ringSettingIdle", "rollover", "rtcp",
	"scanningMode", "sdio", "secureAuthenticationURL",
	"securedEthernetPhonePort", "secureDirectoryURL", "securedSipPort",
	"secureIdleURL", "secureInformationURL", "secureMessagesURL",
	"secureServicesURL", "secureUDSUsersAccessURL",
	"semiAttendedTransfer", "sendKeyAction", "separateMute",
	"serviceProfileFile", "servicesURL", "settingsAccess", "sharedLine",
	"showCallHistoryForSelectedLine",
	"silentPeriodBetweenCallWaitingBursts", "simplifiedNewCall",
	"singleButtonBarge", "sipInviteRetx", "sipIpAddr", "sipIpV6Addr",
	"sipPort", "sipRetx", "softKeyControl", "softKeyFile", "spanToPCPort",
	"special", "specialNumbers", "speedDialIndex", "speedDialNumber",
	"srstOption", "sshAccess", "sshPort", "sshUserId", "startMediaPort",
	"startVideoPort", "stopMediaPort", "stopVideoPort",
	"stutterMsgWaiting", "t302Timer", "tcl", "tftpDefault",
	"timerInviteExpires", "timerKeepAliveExpires", "timerRegisterDelta",
	"timerRegisterExpires", "timerSubscribeDelta",
	"timerSubscribeExpires", "timerT", "timeZone", "tls12Only",
	"TLSResumptionTimer", "transferOnhookEnabled",
	"transportLayerProtocol", "type", "tzolsonversion", "tzupdater",
	"uid", "uriDialingDisplayPreference", "url", "usb", "usbClasses",
	"useEnblocDialing", "useHTTPS", "userId", "userInfo",
	"userModifiable", "uuid", "vendor", "version", "versionStamp",
	"videoCapability", "videoRtcp", "voiceVlanAccess", "voipControlPort",
	"vxcVpnOption", "webAccess", "webAdmin", "webProtocol", "wifi",
	"winCharSet", "xsi:type",
};

static int
name_cmp(const void *key, const void *item)
{
	return strcasecmp(key, *(const char *const *)item);
}

static bool
has(const char *const *table, size_t n, const char *name)
{
	return bsearch(name, table, n, sizeof(*table), name_cmp) != NULL;
}

bool
render_known(const char *name, bool leaf)
{
	char base[KNOWN_MAX + 1];
	size_t n = strlen(name);

	if (!leaf)
		return has(holders, sizeof(holders) / sizeof(*holders), name);
	if (n > KNOWN_MAX)
		return false;
	if (has(leaves, sizeof(leaves) / sizeof(*leaves), name))
		return true;
	memcpy(base, name, n + 1);
	while (n > 0 && base[n - 1] >= '0' && base[n - 1] <= '9')
		base[--n] = '\0';
	return has(leaves, sizeof(leaves) / sizeof(*leaves), base);
}
